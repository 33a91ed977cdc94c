using Mlp.Runtime.Statistics;

namespace Mlp.Runtime.Tests.Statistics;

/// <summary>What one odd row may do to a verdict, and what a degenerate reference may hide: where other tools fail.</summary>
public class DriftRobustnessTests
{
    /// <summary>ln(1/ε) for the smallest share ε = 1e-4, rounded up: the constant in front of 1/m.</summary>
    private const double LargestFactor = 10;

    private static readonly FeatureProfile Numbers = new ReferenceProfileBuilder().AddNumeric("x", GoldenVectors.Reference).Build().Features[0];

    [Theory]
    [InlineData(1e6)]
    [InlineData(-1e300)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(double.NaN)]
    public void PopulationStabilityIndex_OneOddNumber_MovesByOneOverTheRows(double odd)
    {
        foreach (var rows in new[] { 100, 500, 1500 })
        {
            var window = new FeatureHistogram(Numbers);
            window.AddRange(GoldenVectors.Current.AsSpan(0, rows));
            var before = Psi(window);
            window.Add(odd);

            Assert.InRange(Math.Abs(Psi(window) - before), 1e-9, LargestFactor / rows);
        }
    }

    [Fact]
    public void PopulationStabilityIndex_OneUnseenCategory_MovesByOneOverTheRows()
    {
        var reference = Enumerable.Range(0, 1000).Select(i => i % 3 == 0 ? "a" : "b").ToArray<string?>();
        var profile = new ReferenceProfileBuilder().AddCategorical("c", reference).Build().Features[0];
        foreach (var rows in new[] { 100, 1000, 100_000 })
        {
            var window = new FeatureHistogram(profile);
            for (var i = 0; i < rows; i++)
            {
                window.AddCategory(i % 3 == 1 ? "a" : "b");
            }

            var before = Psi(window);
            window.AddCategory("never seen");

            Assert.InRange(Math.Abs(Psi(window) - before), 0, LargestFactor / rows);
        }
    }

    [Fact]
    public void PopulationStabilityIndex_LargeShiftWithAnOutlier_StaysLarge()
    {
        var window = new FeatureHistogram(Numbers);
        window.AddRange(GoldenVectors.Reference.Select(value => value + 3).ToArray());
        window.Add(1e6);

        // Equal-width bins over the pooled sample turn this into 0.0006 (golden/monitoring_golden.txt, shift3_evid_outlier).
        Assert.True(Psi(window) > 5);
    }

    [Theory]
    [InlineData(1, 0.1 + 1e-15)]
    [InlineData(1, 0.2)]
    [InlineData(1, -1e9)]
    public void PopulationStabilityIndex_ConstantReference_SeesWhateverLeavesIt(double share, double value)
    {
        var profile = new ReferenceProfileBuilder().AddNumeric("x", Enumerable.Repeat(0.1, 500).ToArray()).Build().Features[0];
        var same = new FeatureHistogram(profile);
        var moved = new FeatureHistogram(profile);
        for (var i = 0; i < 500; i++)
        {
            same.Add(0.1);
            moved.Add(i < 500 * share ? value : 0.1);
        }

        Assert.Equal(0, Psi(same));
        Assert.True(Psi(moved) > 5);
        Assert.Equal(1, DriftStatistics.TotalVariationDistance(profile.BinCounts.AsSpan(), moved.Counts), 1e-15);
    }

    [Fact]
    public void PopulationStabilityIndex_ConstantReferenceKeptInAnotherWidth_IsNoDrift()
    {
        var profile = new ReferenceProfileBuilder().AddNumeric("x", Enumerable.Repeat(0.7, 500).ToArray()).Build().Features[0];
        var window = new FeatureHistogram(profile);
        window.AddRange(Enumerable.Repeat(0.7f, 500).ToArray());

        Assert.Equal(0, Psi(window));
    }

    [Fact]
    public void PopulationStabilityIndex_SparseReference_SeesTheZerosGoAway()
    {
        // 95 % zeros: merged deciles alone would leave two bins, and both kinds of value would share one of them.
        var reference = Enumerable.Range(0, 1000).Select(i => i % 20 == 0 ? 1.0 + i : 0).ToArray();
        var profile = new ReferenceProfileBuilder().AddNumeric("tips", reference).Build().Features[0];
        var window = new FeatureHistogram(profile);
        window.AddRange(Enumerable.Range(0, 1000).Select(i => i % 2 == 0 ? 1.0 + i : 0).ToArray());

        Assert.True(Psi(window) > 0.5);
    }

    [Fact]
    public void PopulationStabilityIndex_AllMissing_IsDriftOnlyWhereTheOtherSideHasValues()
    {
        var missing = new ReferenceProfileBuilder().AddNumeric("x", Enumerable.Repeat(float.NaN, 100).ToArray()).Build().Features[0];
        var window = new FeatureHistogram(missing);
        window.AddMissing(50);
        Assert.Equal(0, Psi(window));
        window.AddRange(Enumerable.Repeat(1f, 50).ToArray());
        Assert.True(Psi(window) > 1);

        var gone = new FeatureHistogram(Numbers);
        gone.AddMissing(100);
        Assert.True(Psi(gone) > 5);
    }

    [Fact]
    public void PopulationStabilityIndex_NoRows_IsNaN()
    {
        Assert.True(double.IsNaN(Psi(new FeatureHistogram(Numbers))));

        var empty = new FeatureHistogram(new ReferenceProfileBuilder().AddNumeric("x", ReadOnlySpan<double>.Empty).Build().Features[0]);
        empty.Add(1.0);
        Assert.True(double.IsNaN(Psi(empty)));
    }

    private static double Psi(FeatureHistogram window) => DriftStatistics.PopulationStabilityIndex(window.Profile.BinCounts.AsSpan(), window.Counts);
}
