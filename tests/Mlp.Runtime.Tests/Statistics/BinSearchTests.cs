using FsCheck.Xunit;
using Mlp.Runtime.Statistics;

namespace Mlp.Runtime.Tests.Statistics;

public class BinSearchTests
{
    [Fact]
    public void IndexOf_ValueEqualToAnEdge_IsInTheUpperBin()
    {
        var bins = new NumericBins([-1.0, 0, 2]);

        double[] doubles = [-1.5, -1, -0.5, -0.0, 1.9, 2, double.NegativeInfinity, double.PositiveInfinity];
        float[] floats = [-1.5f, -1, -0.5f, -0.0f, 1.9f, 2, float.NegativeInfinity, float.PositiveInfinity];
        Assert.Equal([0, 1, 1, 2, 2, 3, 0, 3], doubles.Select(bins.IndexOf));
        Assert.Equal([0, 1, 1, 2, 2, 3, 0, 3], floats.Select(bins.IndexOf));
        Assert.Equal(4, bins.IndexOf(double.NaN));
        Assert.Equal(4, bins.IndexOf(float.NaN));
    }

    [Fact]
    public void IndexOf_NoEdges_HasOneValueBin()
    {
        var bins = new NumericBins([]);

        Assert.Equal(0, bins.IndexOf(5.0));
        Assert.Equal(1, bins.IndexOf(float.NaN));
    }

    [Fact]
    public void IndexOf_FloatOnDoubleEdge_StaysOnTheSameSide()
    {
        // 0.7 as float32 is below 0.7 as float64: compared as doubles it would fall into the lower bin and the whole value would seem to
        // drift.
        var bins = new NumericBins([0.1, 0.3, 0.7, Math.BitIncrement(0.7)]);

        Assert.Equal(3, bins.IndexOf(0.7));
        Assert.Equal(3, bins.IndexOf(0.7f));
        Assert.Equal(2, bins.IndexOf(0.3f));
        Assert.Equal(4, bins.IndexOf(MathF.BitIncrement(0.7f)));
    }

    [Property(MaxTest = 200)]
    public bool IndexOfAndCount_Vectorised_EqualScalarTwins(int seed)
    {
        var random = new Random(seed);
        double[] edges = [.. Enumerable.Range(0, random.Next(0, 40)).Select(_ => random.Next(-50, 50) / 4.0).Distinct().Order()];
        double[] values = [.. Enumerable.Range(0, random.Next(0, 200)).Select(_ => random.Next(12) switch
        {
            0 => double.NaN,
            1 => double.NegativeInfinity,
            2 => double.PositiveInfinity,
            3 => -0.0,
            _ => random.Next(-60, 60) / 4.0,
        })];
        return Agree<double>(values, edges) && Agree<float>([.. values.Select(value => (float)value)], [.. edges.Select(edge => (float)edge)]);

        static bool Agree<T>(T[] values, T[] edges)
            where T : unmanaged, System.Numerics.IBinaryFloatingPointIeee754<T>
        {
            var fast = new long[edges.Length + 2];
            var slow = new long[edges.Length + 2];
            BinSearch.Count<T>(values, edges, fast);
            BinSearch.CountScalar<T>(values, edges, slow);
            var padded = BinSearch.Pad<T>(edges);
            return fast.SequenceEqual(slow) && values.All(value => BinSearch.IndexOf<T>(value, padded) == BinSearch.IndexOfScalar<T>(value, edges));
        }
    }

    [Theory]
    [InlineData(10)]
    [InlineData(15)]
    [InlineData(20)]
    [InlineData(4096)]
    public void EqualWidthIndexOf_EveryEdgeAndItsNeighbour_FallOnTheirSides(int binCount)
    {
        for (var b = 1; b < binCount; b++)
        {
            var edge = b / (double)binCount;
            Assert.Equal(b, EqualWidthBins.IndexOf(edge, binCount));
            Assert.Equal(b - 1, EqualWidthBins.IndexOf(Math.BitDecrement(edge), binCount));
        }

        Assert.Equal(0, EqualWidthBins.IndexOf(-1e-9, binCount));
        Assert.Equal(binCount - 1, EqualWidthBins.IndexOf(1, binCount));
        Assert.Equal(binCount - 1, EqualWidthBins.IndexOf(1.0000001, binCount));
    }
}
