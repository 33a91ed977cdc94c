using System.Text;
using Mlp.Runtime.Statistics.Sketches;

namespace Mlp.Runtime.Tests.Statistics.Sketches;

public class FrequentItemsTests
{
    [Theory]
    [InlineData("zipf")]
    [InlineData("all distinct")]
    [InlineData("heavy last")]
    [InlineData("round robin")]
    [InlineData("uniform")]
    public void Bounds_AnyStream_HoldForEveryItem(string stream)
    {
        const int rows = 50_000;
        var random = new Random(4);
        var items = Enumerable.Range(0, rows).Select(i => stream switch
        {
            "zipf" => (int)(1 / Math.Sqrt(1 - random.NextDouble())) % 100_000,
            "all distinct" => i,
            "heavy last" => i < rows - 2_000 ? i : -1,
            "round robin" => i % 1_000,
            _ => random.Next(3_000),
        }).Select(i => $"item {i}").ToArray();
        var truth = items.CountBy(i => i).ToDictionary();
        var single = Fill(items);
        var merged = new FrequentItems();
        foreach (var chunk in items.Chunk(rows / 64))
        {
            merged.Merge(Fill(chunk));
        }

        Assert.All(new[] { single, merged }, sketch =>
        {
            Assert.Equal(rows, sketch.Weight);
            Assert.InRange(sketch.MaximumError, 0, 3.5 * rows / 1024);
            Assert.InRange(sketch.Items().Length, 0, FrequentItems.DefaultCapacity);
            foreach (var (item, count) in truth)
            {
                var lower = sketch.LowerBound(Encoding.UTF8.GetBytes(item));
                Assert.InRange(count, lower, lower + sketch.MaximumError);
            }
        });
    }

    [Fact]
    public void Items_UpToItsCounters_AreExactAlsoWhenMerged()
    {
        var items = Enumerable.Range(0, 768 * 20).Select(i => $"{i % 768}").ToArray();
        var (single, merged) = (Fill(items), new FrequentItems());
        foreach (var chunk in items.Chunk(240))
        {
            merged.Merge(Fill(chunk));
        }

        Assert.Equal(0, single.MaximumError);
        Assert.Equal(single.Items().AsEnumerable(), merged.Items());
        Assert.All(single.Items(), item => Assert.Equal(20, item.Weight));
    }

    [Fact]
    public void Add_WithWeights_BoundsHold()
    {
        var random = new Random(8);
        var sketch = new FrequentItems(32);
        var truth = new Dictionary<string, double>();
        for (var i = 0; i < 20_000; i++)
        {
            var (item, weight) = ($"{random.Next(200)}", random.Next(1, 9) / 4.0);
            sketch.Add(Encoding.UTF8.GetBytes(item), weight);
            truth[item] = truth.GetValueOrDefault(item) + weight;
        }

        Assert.Equal(truth.Values.Sum(), sketch.Weight);
        Assert.InRange(sketch.MaximumError, 0, 2 * sketch.Weight / 32);
        foreach (var (item, weight) in truth)
        {
            var lower = sketch.LowerBound(Encoding.UTF8.GetBytes(item));
            Assert.InRange(weight, lower, lower + sketch.MaximumError);
        }
    }

    [Fact]
    public void Items_OfLongTexts_AreToldApartAndCutAtACharacter()
    {
        var sketch = Fill([new string('é', 100) + "a", new string('é', 100) + "b", "x"]);

        Assert.Equal([(new string('é', 64), 1), (new string('é', 64), 1), ("x", 1)], sketch.Items().OrderByDescending(i => i.Name, StringComparer.Ordinal).Select(i => (i.Name, (int)i.Weight)));
    }

    [Fact]
    public void Merge_OfOtherCounters_SaysWhat()
    {
        var exception = Assert.Throws<ArgumentException>(() => new FrequentItems(32).Merge(new FrequentItems(64)));

        Assert.Contains("32 counters, but found some of 64", exception.Message, StringComparison.Ordinal);
    }

    private static FrequentItems Fill(IEnumerable<string> items)
    {
        var sketch = new FrequentItems();
        foreach (var item in items)
        {
            sketch.Add(Encoding.UTF8.GetBytes(item));
        }

        return sketch;
    }
}
