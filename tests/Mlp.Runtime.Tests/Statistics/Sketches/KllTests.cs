using Mlp.Runtime.Statistics.Sketches;

namespace Mlp.Runtime.Tests.Statistics.Sketches;

public class KllTests
{
    public static TheoryData<string> Streams => SketchStreams.Names;

    [Theory]
    [MemberData(nameof(Streams))]
    public void ToDistribution_AnyStream_StaysWithinTheRankError(string stream)
    {
        // The bound holds with a probability of 99 % a quantile; the worst of all quantiles may pass it a little oftener.
        var values = SketchStreams.Create(stream, 30_000);
        var ascending = values.Order().ToArray();
        var distinct = ascending.Distinct().ToArray();
        var outside = 0;
        for (var seed = 0; seed < 20; seed++)
        {
            var sketch = new Kll(seed: (ulong)seed);
            sketch.Add(values);
            outside += WorstError(sketch, ascending, distinct) > sketch.RankError ? 1 : 0;

            Assert.Equal((ascending[0], ascending[^1]), (sketch.Quantile(0), sketch.Quantile(1)));
            Assert.InRange(sketch.RetainedCount, 1, 4 * 200);
        }

        Assert.InRange(outside, 0, 2);
    }

    [Theory]
    [MemberData(nameof(Streams))]
    public void Merge_Of64Shards_StaysWithinTheRankError(string stream)
    {
        var values = SketchStreams.Create(stream, 64 * 1_000);
        var ascending = values.Order().ToArray();
        var outside = 0;
        for (var seed = 0; seed < 20; seed++)
        {
            var merged = new Kll(seed: (ulong)seed);
            foreach (var chunk in values.Chunk(1_000))
            {
                var shard = new Kll(seed: (ulong)seed + 1000);
                shard.Add(chunk);
                merged.Merge(shard);
            }

            Assert.Equal(64_000, merged.Count);
            outside += WorstError(merged, ascending, ascending.Distinct().ToArray()) > merged.RankError ? 1 : 0;
        }

        Assert.InRange(outside, 0, 2);
    }

    [Fact]
    public void RankError_OfTheNotes_IsStated()
    {
        var sketch = new Kll();
        sketch.Add(SketchStreams.Create("random", 10_000));

        Assert.Equal(0.0133, sketch.RankError, 4);
    }

    [Fact]
    public void Add_FewValues_KeepsEveryOne()
    {
        var sketch = new Kll();
        sketch.Add([3, 1, 2, 2, double.PositiveInfinity, double.NegativeInfinity]);
        var distribution = sketch.ToDistribution();

        Assert.Equal(0, distribution.RankError);
        Assert.Equal([double.NegativeInfinity, 1, 2, 3, double.PositiveInfinity], distribution.Values.ToArray());
        Assert.Equal([1, 2, 4, 5, 6], distribution.CumulativeWeights.ToArray());
    }

    [Fact]
    public void Add_ValueByValue_EqualsWholeBlocks()
    {
        var values = SketchStreams.Create("random", 10_000);
        var (one, other) = (new Kll(), new Kll());
        one.Add(values);
        Array.ForEach(values, other.Add);

        Assert.Equal(one.ToDistribution().Values.ToArray(), other.ToDistribution().Values.ToArray());
    }

    [Fact]
    public void ToDistribution_OfTwoSketches_BoundsTheKolmogorovSmirnovDistance()
    {
        var reference = SketchStreams.Create("normal", 5_000);
        var current = Array.ConvertAll(SketchStreams.Create("normal", 5_000, seed: 2), x => (1.2 * x) + 0.3);
        var exact = DDSketchTests.KolmogorovSmirnov(reference, current);
        var (a, b) = (new Kll(), new Kll());
        a.Add(reference);
        b.Add(current);
        var (f, g) = (a.ToDistribution(), b.ToDistribution());
        var distance = f.Values.ToArray().Concat(g.Values.ToArray()).Max(x => Math.Abs(DDSketchTests.At(f, x) - DDSketchTests.At(g, x)));

        Assert.InRange(distance, exact - f.RankError - g.RankError, exact + f.RankError + g.RankError);
    }

    [Fact]
    public void Merge_OfAnotherK_SaysWhat()
    {
        var exception = Assert.Throws<ArgumentException>(() => new Kll(200).Merge(new Kll(256)));

        Assert.Contains("k = 200, but found one of k = 256", exception.Message, StringComparison.Ordinal);
    }

    /// <summary>The worst error of the shares below and at each distinct value, as a share of all values.</summary>
    private static double WorstError(Kll sketch, double[] ascending, double[] distinct)
    {
        var distribution = sketch.ToDistribution();
        Assert.Equal(ascending.Length, distribution.TotalWeight);
        var (worst, i, j) = (0.0, 0, 0);
        foreach (var value in distinct)
        {
            while (i < ascending.Length && ascending[i] <= value)
            {
                i++;
            }

            while (j < distribution.Values.Length && distribution.Values[j] <= value)
            {
                j++;
            }

            worst = Math.Max(worst, Math.Abs(i - (j == 0 ? 0 : distribution.CumulativeWeights[j - 1])) / ascending.Length);
        }

        return worst;
    }
}
