using FsCheck.Xunit;
using Mlp.Runtime.Statistics;

namespace Mlp.Runtime.Tests.Statistics;

public class QuantileEdgesTests
{
    [Fact]
    public void Choose_GoldenReference_GivesDecilesOfNumpy()
    {
        double[] expected =
        [
            -1.2805575263093014, -0.8403745307662882, -0.5244387842246769, -0.25253277637241006, 0.00035097011123865363,
            0.2525540156313458, 0.5248530818003102, 0.8413741588237873, 1.2781427137613093,
        ];

        var edges = QuantileEdges.Choose(GoldenVectors.Reference.Order().ToArray(), 10, isSingle: false);

        Assert.Equal(expected.Length, edges.Length);
        Assert.All(expected.Zip(edges), pair => Assert.Equal(pair.First, pair.Second, 1e-12));
    }

    [Fact]
    public void Choose_ConstantReference_MakesBinsBelowEqualAndAbove()
    {
        Assert.Equal([0.1, Math.BitIncrement(0.1)], QuantileEdges.Choose([0.1, 0.1, 0.1], 10, isSingle: false));
        Assert.Equal([0.5, MathF.BitIncrement(0.5f)], QuantileEdges.Choose([0.5], 10, isSingle: true));
    }

    [Fact]
    public void Choose_FrequentValueAmongOthers_GivesItABinOfItsOwn()
    {
        // 19 zeros and a one: every decile is 0, and the one must not share its bin.
        double[] sparse = [.. Enumerable.Repeat(0.0, 19), 1];

        Assert.Equal([0, double.Epsilon], QuantileEdges.Choose(sparse, 10, isSingle: false));
    }

    [Fact]
    public void Choose_TwoFrequentNeighbours_ShareAnEdge()
    {
        var next = Math.BitIncrement(1.0);
        double[] values = [.. Enumerable.Repeat(1.0, 50), .. Enumerable.Repeat(next, 50)];

        Assert.Equal([1, next, Math.BitIncrement(next)], QuantileEdges.Choose(values, 10, isSingle: false));
    }

    [Fact]
    public void Choose_NoValues_GivesNoEdges() => Assert.Empty(QuantileEdges.Choose([], 10, isSingle: false));

    [Fact]
    public void Choose_ExtremeValues_StaysAscending()
    {
        var edges = QuantileEdges.Choose([-double.MaxValue, double.MaxValue], 10, isSingle: false);

        Assert.Equal(9, edges.Length);
        Assert.All(edges, edge => Assert.True(double.IsFinite(edge)));
        Assert.Equal(edges.Order(), edges);
        Assert.Equal(double.PositiveInfinity, QuantileEdges.Choose([double.MaxValue], 10, isSingle: false)[1]);
    }

    [Property(MaxTest = 100)]
    public bool Choose_AnyValues_AscendsAndFillsNoMoreBinsThanAsked(int seed)
    {
        var random = new Random(seed);
        var levels = random.Next(1, 40);
        var binCount = random.Next(2, 30);
        double[] values = [.. Enumerable.Range(0, random.Next(1, 300)).Select(_ => Math.Pow(random.Next(levels), 3) / 7).Order()];
        var edges = QuantileEdges.Choose(values, binCount, isSingle: false);
        var bySingle = QuantileEdges.Choose([.. values.Select(value => (double)(float)value)], binCount, isSingle: true);

        return edges.Length < Math.Max(binCount, 3)
            && edges.Zip(edges.Skip(1)).All(pair => pair.First < pair.Second)
            && bySingle.Zip(bySingle.Skip(1)).All(pair => pair.First < pair.Second)
            && bySingle.All(edge => edge == (float)edge);
    }
}
