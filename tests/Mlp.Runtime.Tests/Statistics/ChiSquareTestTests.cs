using Mlp.Runtime.Statistics;
using Mlp.TestSupport;

namespace Mlp.Runtime.Tests.Statistics;

public class ChiSquareTestTests
{
    private static readonly long[] Reference = [500, 300, 150, 50];
    private static readonly double[] Current = [420, 330, 180, 70];

    [Fact]
    public void Tests_GoldenCategories_GiveTheValuesOfScipy()
    {
        var contingency = ChiSquareTest.Contingency(Reference, Current);
        var fit = ChiSquareTest.GoodnessOfFit(Reference, Current);

        Assert.Equal(14.445699228307923, contingency.Statistic, 1e-12);
        Assert.Equal(3, contingency.DegreesOfFreedom);
        Assert.Equal(0.002357178387020975, contingency.PValue, 1e-12);
        Assert.Equal(29.8, fit.Statistic, 1e-9);
        Assert.Equal(1.5204165231992435e-06, fit.PValue, 1e-15);
        Assert.Equal(0.0849873497301449, ChiSquareTest.CramersV(contingency.Statistic, 1000, 1000), 1e-12);
        Assert.Equal(contingency, ChiSquareTest.PooledContingency(Reference, Current));
    }

    // Evidently's own test, which gives five decimals of p.
    [Fact]
    public void GoodnessOfFit_EvidentlyExample_GivesItsValue()
    {
        Assert.Equal(0.67309, ChiSquareTest.GoodnessOfFit([16, 18, 16, 14, 12, 12], [16, 16, 16, 16, 16, 8]).PValue, 1e-5);
    }

    [ScikitLearnFact]
    public void Tests_ManyTables_EqualScipy()
    {
        var random = new Random(3);
        long[] reference = [.. Enumerable.Range(0, 25).Select(_ => (long)random.Next(1, 200))];
        double[] current = [.. Enumerable.Range(0, 25).Select(_ => (double)random.Next(200))];
        var scipy = ScikitLearn.Run(
            """
            from scipy import stats
            for k in (2, 3, 10, 25):
                a, b = r[:k], c[:k]
                out[f'plain{k}'] = stats.chi2_contingency([a, b], correction=False)[:3]
                out[f'yates{k}'] = stats.chi2_contingency([a, b])[:3]
                f = stats.chisquare(b, a * b.sum() / a.sum())
                out[f'fit{k}'] = [f.statistic, f.pvalue]
            """,
            ("r", reference.Select(v => (double)v)),
            ("c", current));
        foreach (var k in new[] { 2, 3, 10, 25 })
        {
            AssertEqual(scipy[$"plain{k}"], ChiSquareTest.Contingency(reference.AsSpan(0, k), current.AsSpan(0, k)));
            AssertEqual(scipy[$"yates{k}"], ChiSquareTest.Contingency(reference.AsSpan(0, k), current.AsSpan(0, k), isCorrected: true));
            AssertEqual([.. scipy[$"fit{k}"], k - 1], ChiSquareTest.GoodnessOfFit(reference.AsSpan(0, k), current.AsSpan(0, k)));
        }
    }

    [Fact]
    public void PooledContingency_RareCategories_AreCountedTogether()
    {
        // Expected rows of the last three are 2, 2 and 3 a side: together 7.
        var pooled = ChiSquareTest.PooledContingency([100, 4, 0, 3], [100, 0, 4, 3]);
        Assert.Equal(ChiSquareTest.Contingency([100, 7], [100, 7]), pooled);

        // Together still too few: left out.
        Assert.Equal(new ChiSquareResult(0, 1, 0), ChiSquareTest.PooledContingency([100, 1], [100, 0]));
    }

    [Fact]
    public void Tests_Edges_AreDefined()
    {
        Assert.Equal(new ChiSquareResult(0, 1, 0), ChiSquareTest.Contingency([7, 0], [5, 0]));
        Assert.True(double.IsNaN(ChiSquareTest.Contingency([0, 0], [5, 0]).PValue));
        Assert.True(double.IsNaN(ChiSquareTest.GoodnessOfFit([1, 0], [0, 0]).PValue));
        var unseen = ChiSquareTest.GoodnessOfFit([10, 0], [9, 1]);
        Assert.Equal((double.PositiveInfinity, 0), (unseen.Statistic, unseen.PValue));
        Assert.Throws<ArgumentException>(() => ChiSquareTest.Contingency([1], [1, 2]));
    }

    private static void AssertEqual(double[] scipy, ChiSquareResult result)
    {
        Assert.Equal(scipy[0], result.Statistic, 1e-9 * Math.Max(1, scipy[0]));
        Assert.Equal(scipy[1], result.PValue, 1e-9 * scipy[1]);
        Assert.Equal(scipy[2], result.DegreesOfFreedom);
    }
}
