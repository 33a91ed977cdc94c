using Mlp.Runtime.Statistics.Sketches;
using Mlp.TestSupport;

namespace Mlp.Runtime.Tests.Statistics.Sketches;

public class DDSketchTests
{
    private static readonly double[] Shares = [.. Enumerable.Range(0, 201).Select(i => i / 200.0)];

    public static TheoryData<string> Streams => SketchStreams.Names;

    [Theory]
    [MemberData(nameof(Streams))]
    public void Quantile_AnyStream_IsWithinRelativeAccuracy(string stream)
    {
        foreach (var accuracy in new[] { 0.001, 0.01, 0.05 })
        {
            var values = SketchStreams.Create(stream, 20_000);
            var sketch = new DDSketch(accuracy, 65_536);
            sketch.Add(values);
            Array.Sort(values);

            Assert.Equal(0, sketch.CollapsedWeight);
            foreach (var share in Shares)
            {
                var exact = values[(int)Math.Floor(share * (values.Length - 1))];

                Assert.InRange(Math.Abs(sketch.Quantile(share) - exact), 0, accuracy * (1 + 1e-9) * Math.Abs(exact) + double.Epsilon);
            }
        }
    }

    [Theory]
    [InlineData(0.0001)]
    [InlineData(0.01)]
    [InlineData(0.5)]
    public void Mapping_AnyMagnitude_IsWithinRelativeAccuracyAndAscends(double accuracy)
    {
        var mapping = CubicMapping.Of(accuracy);
        var random = new Random(7);
        var magnitudes = Enumerable.Range(0, 50_000).Select(_ => BitConverter.Int64BitsToDouble(random.NextInt64(1, 0x7FF0L << 48)))
            .Concat([double.Epsilon, 2 * double.Epsilon, 2.2250738585072014E-308, 2.225073858507201E-308, 1, Math.BitDecrement(1), double.MaxValue]).Order().ToArray();
        var last = 0;
        foreach (var value in magnitudes)
        {
            var key = mapping.KeyOf(value);

            Assert.True(key >= last && key > 0, $"Expected keys to ascend, but found {key} after {last}.");
            Assert.InRange(Math.Abs(mapping.ValueOf(key) - value), 0, (accuracy * (1 + 1e-9) * value) + double.Epsilon);
            Assert.Equal(-key, mapping.KeyOf(-value));
            Assert.Equal(-mapping.ValueOf(key), mapping.ValueOf(-key));
            last = key;
        }
    }

    [Fact]
    public void KeysOf_AnyValues_EqualTheScalarTwin()
    {
        var random = new Random(3);
        var mapping = CubicMapping.Of(0.01);
        for (var length = 0; length < 70; length++)
        {
            var values = Enumerable.Range(0, length).Select(_ => random.Next(9) switch
            {
                0 => 0.0,
                1 => -0.0,
                2 => double.Epsilon * random.Next(1, 1000),
                3 => -double.MaxValue,
                _ => (random.Next(2) - 0.5) * BitConverter.Int64BitsToDouble(random.NextInt64(1, 0x7FF0L << 48)),
            }).ToArray();
            var keys = new int[length];
            mapping.KeysOf(values, keys);

            Assert.Equal(values.Select(mapping.KeyOf), keys);
        }
    }

    [Theory]
    [MemberData(nameof(Streams))]
    public void Add_InBlocks_EqualsTheScalarTwin(string stream)
    {
        var values = SketchStreams.Create(stream, 5_000);
        var (fast, slow) = (new DDSketch(0.01, 64), new DDSketch(0.01, 64));
        fast.Add(values);
        slow.AddScalar(values);

        Assert.Equal(slow.Bins(), fast.Bins());
        Assert.Equal(slow.CollapsedWeight, fast.CollapsedWeight);
    }

    [Theory]
    [MemberData(nameof(Streams))]
    public void Merge_OfShardsInAnyOrder_EqualsTheSingleSketch(string stream)
    {
        // Few bins, so that what is folded together is part of the claim.
        foreach (var binCount in new[] { 64, 2048 })
        {
            var values = SketchStreams.Create(stream, 6_400);
            var single = new DDSketch(0.01, binCount);
            single.Add(values);
            var shards = values.Chunk(100).Select(chunk =>
            {
                var shard = new DDSketch(0.01, binCount);
                shard.Add(chunk);
                return shard;
            }).ToArray();
            new Random(11).Shuffle(shards);
            var merged = new DDSketch(0.01, binCount);
            Array.ForEach(shards, merged.Merge);

            Assert.Equal(64, shards.Length);
            Assert.Equal(single.Bins(), merged.Bins());
            Assert.Equal(single.CollapsedWeight, merged.CollapsedWeight);
            Assert.Equal(6_400, merged.Weight);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(-1)]
    public void Add_MoreDecadesThanBins_FoldsTheLeastAndSaysSo(int sign)
    {
        var sketch = new DDSketch(0.01, 1024);
        var values = Enumerable.Range(0, 3_000).Select(i => sign * Math.Pow(10, (i / 50.0) - 30)).ToArray();
        sketch.Add(values);
        var kept = Math.Abs(values[^1]) / Math.Pow(1.01 / 0.99, 1000);

        Assert.InRange(sketch.BinCount, 1, 1024);
        Assert.InRange(sketch.CollapsedWeight, 0.5 * values.Count(v => Math.Abs(v) < kept), values.Count(v => Math.Abs(v) < kept));
        Assert.Equal(3_000, sketch.Weight);
        Assert.InRange(sketch.Quantile(sign > 0 ? 1 : 0) / values[^1], 0.99, 1.01);
        Assert.InRange(sketch.Quantile(sign > 0 ? 2_800 / 2_999.0 : 199 / 2_999.0) / values[2_800], 0.99, 1.01);
    }

    [Fact]
    public void Add_WithWeights_IsTheRepeatedValue()
    {
        var (weighted, repeated) = (new DDSketch(), new DDSketch());
        foreach (var value in SketchStreams.Create("normal", 500))
        {
            weighted.Add(value, 3);
            repeated.Add([value, value, value]);
        }

        Assert.Equal(repeated.Bins(), weighted.Bins());
    }

    [Fact]
    public void ToDistribution_OfTwoSketches_BoundsTheKolmogorovSmirnovDistance()
    {
        var reference = SketchStreams.Create("normal", 5_000);
        var current = Array.ConvertAll(SketchStreams.Create("normal", 5_000, seed: 2), x => (1.2 * x) + 0.3);
        var exact = KolmogorovSmirnov(reference, current);
        var (a, b) = (new DDSketch(), new DDSketch());
        a.Add(reference);
        b.Add(current);
        var (f, g) = (a.ToDistribution(), b.ToDistribution());
        var grid = f.Values.ToArray().Concat(g.Values.ToArray()).ToArray();
        var distance = grid.Max(x => Math.Abs(At(f, x) - At(g, x)));

        Assert.InRange(distance, exact - f.RankError - g.RankError, exact + 1e-12);
        Assert.InRange(f.RankError, 0.0001, 0.02);
    }

    [Fact]
    public void Quantile_WithoutValues_IsNaN()
    {
        var sketch = new DDSketch();

        Assert.True(double.IsNaN(sketch.Quantile(0.5)));
        Assert.Equal(0, sketch.ToDistribution().TotalWeight);
    }

    [Fact]
    public void Merge_OfAnotherAccuracy_SaysWhat()
    {
        var exception = Assert.Throws<ArgumentException>(() => new DDSketch(0.01).Merge(new DDSketch(0.02)));

        Assert.Contains("relative accuracy 0.01 with at most 2048 bins, but found one of 0.02 with 2048", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Add_InBlocks_AllocatesNothingOnceTheRangeIsKnown()
    {
        var sketch = new DDSketch();
        var values = SketchStreams.Create("normal", 4_096);
        sketch.Add(values);

        Assert.Equal(0, Allocations.OfBestRun(() => sketch.Add(values)));
    }

    internal static double KolmogorovSmirnov(double[] a, double[] b)
    {
        var (x, y) = (a.Order().ToArray(), b.Order().ToArray());
        return x.Concat(y).Max(v => Math.Abs(((double)x.Count(t => t <= v) / x.Length) - ((double)y.Count(t => t <= v) / y.Length)));
    }

    internal static double At(Mlp.Runtime.Statistics.EmpiricalDistribution distribution, double value)
    {
        var i = distribution.Values.BinarySearch(value);
        i = i < 0 ? ~i - 1 : i;
        return i < 0 ? 0 : distribution.CumulativeWeights[i] / distribution.TotalWeight;
    }
}
