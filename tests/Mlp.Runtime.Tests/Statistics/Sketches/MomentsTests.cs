using Mlp.Runtime.Statistics.Sketches;

namespace Mlp.Runtime.Tests.Statistics.Sketches;

public class MomentsTests
{
    public static TheoryData<string> Streams => SketchStreams.Names;

    [Theory]
    [MemberData(nameof(Streams))]
    public void Add_InShards_EqualsTwoPassesOverAll(string stream)
    {
        var values = SketchStreams.Create(stream, 6_400);
        var mean = Sum(values) / values.Length;
        var variance = Sum(values.Select(x => (x - mean) * (x - mean))) / values.Length;
        var single = new Moments();
        single.Add(values);
        var merged = new Moments();
        foreach (var chunk in values.Chunk(100).Reverse())
        {
            var shard = new Moments();
            shard.Add(chunk);
            merged.Merge(shard);
        }

        var oneByOne = new Moments();
        Array.ForEach(values, x => oneByOne.Add(x));

        Assert.All(new[] { single, merged, oneByOne }, moments =>
        {
            Assert.Equal((values.Length, values.Min(), values.Max()), (moments.Count, moments.Minimum, moments.Maximum));
            Assert.Equal(values.Length, moments.Weight);
            Assert.InRange(Math.Abs(moments.Mean - mean), 0, (1e-12 * (Math.Abs(mean) + Math.Sqrt(variance))) + (100 * double.Epsilon));
            Assert.InRange(moments.Variance, variance * (1 - 1e-10), variance * (1 + 1e-10));
        });
    }

    [Fact]
    public void Variance_SmallSpreadAroundALargeMean_IsNotSwallowed()
    {
        var moments = new Moments();
        for (var i = 0; i < 1_000; i++)
        {
            moments.Add([1e9 + 4, 1e9 + 7, 1e9 + 13, 1e9 + 16]);
        }

        Assert.Equal(1e9 + 10, moments.Mean);
        Assert.Equal(22.5, moments.Variance, 9);
    }

    [Fact]
    public void Add_WithWeights_IsTheRepeatedValue()
    {
        var (weighted, repeated) = (new Moments(), new Moments());
        foreach (var value in SketchStreams.Create("normal", 200))
        {
            weighted.Add(value, 4);
            repeated.Add([value, value, value, value]);
        }

        Assert.Equal((200, 800, 3_200), (weighted.Count, weighted.Weight, weighted.SquaredWeight));
        Assert.Equal(repeated.Mean, weighted.Mean, 12);
        Assert.Equal(repeated.Variance, weighted.Variance, 12);
    }

    [Fact]
    public void Add_ValuesWhoseSumOverflows_MeanIsFinite()
    {
        var (ends, merged) = (new Moments(), new Moments());
        ends.Add([double.MaxValue, double.MaxValue, double.MaxValue, -double.MaxValue]);
        merged.Add(double.MaxValue);
        merged.Add(-double.MaxValue);

        Assert.Equal(double.MaxValue / 2, ends.Mean, double.MaxValue * 1e-12);
        Assert.Equal(0, merged.Mean);
        Assert.Equal(double.PositiveInfinity, ends.Variance);
    }

    [Fact]
    public void Mean_WithoutValues_IsNaN() => Assert.Equal((true, true, true), (double.IsNaN(new Moments().Mean), double.IsNaN(new Moments().Variance), double.IsNaN(new Moments().Minimum)));

    /// <summary>Kahan and Babuška, as Neumaier gave it: exact to the last place.</summary>
    private static double Sum(IEnumerable<double> values)
    {
        var (sum, rest) = (0.0, 0.0);
        foreach (var value in values)
        {
            var next = sum + value;
            rest += Math.Abs(sum) >= Math.Abs(value) ? sum - next + value : value - next + sum;
            sum = next;
        }

        return sum + rest;
    }
}
