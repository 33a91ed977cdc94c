using Mlp.Training.Sampling;

namespace Mlp.Training.Tests.Sampling;

public sealed class RowSamplerTests
{
    [Fact]
    public void WithReplacement_ManyDraws_HaveTheWeightsShares()
    {
        double[] weights = [0, 1, 2, 0, 7];

        var rows = RowSampler.WithReplacement(weights, 100_000, seed: 1);

        var counts = Enumerable.Range(0, 5).Select(r => rows.Count(x => x == r)).ToArray();
        Assert.Equal((0, 0), (counts[0], counts[3]));

        // Five standard deviations of a binomial count are below 800.
        Assert.InRange(counts[1], 9_200, 10_800);
        Assert.InRange(counts[2], 19_200, 20_800);
        Assert.InRange(counts[4], 69_200, 70_800);
        Assert.Equal(rows, RowSampler.WithReplacement(weights, 100_000, seed: 1));
        Assert.NotEqual(rows, RowSampler.WithReplacement(weights, 100_000, seed: 2));
    }

    [Fact]
    public void WithoutReplacement_FirstDraw_HasTheWeightsShares()
    {
        double[] weights = [1, 0, 3];

        var firsts = Enumerable.Range(0, 10_000).Select(seed => RowSampler.WithoutReplacement(weights, 1, seed)[0]).ToArray();

        Assert.DoesNotContain(1, firsts);
        Assert.InRange(firsts.Count(r => r == 2), 7_250, 7_750);
    }

    [Fact]
    public void WithoutReplacement_All_AreDistinct()
        => Assert.Equal([0, 2, 3], RowSampler.WithoutReplacement([1e-300, 0, 1e300, 5], 3, seed: 4).Order());

    [Fact]
    public void WithoutReplacement_MoreThanHaveAWeight_IsASentence()
    {
        var e = Assert.Throws<ArgumentException>(() => RowSampler.WithoutReplacement([1, 0], 2, seed: 0));

        Assert.StartsWith("Expected at most 1 rows to be drawn without replacement, as many as have a weight above 0, but found 2.", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(-1.0, "Expected weights of 0 or more, but row 1 has another one.")]
    [InlineData(double.NaN, "Expected weights of 0 or more, but row 1 has another one.")]
    [InlineData(0.0, "Expected a row with a weight above 0 and a finite sum of weights, but found none.")]
    public void WithReplacement_NoWeights_IsASentence(double weight, string sentence)
        => Assert.StartsWith(sentence, Assert.Throws<ArgumentException>(() => RowSampler.WithReplacement([0, weight], 1, seed: 0)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData(10)]
    [InlineData(33)]
    [InlineData(99)]
    [InlineData(100)]
    public void Stratified_AnyCount_KeepsSharesToWithinARow(int count)
    {
        var strata = Enumerable.Range(0, 100).Select(i => i < 61 ? 0 : i < 90 ? 1 : 3).ToArray();

        var rows = RowSampler.Stratified(strata, count, seed: 2);

        Assert.Equal(count, rows.Distinct().Count());
        Assert.Equal(rows.Order(), rows);
        foreach (var (stratum, size) in new[] { (0, 61), (1, 29), (3, 10) })
        {
            Assert.InRange(rows.Count(r => strata[r] == stratum), Math.Floor(size * count / 100.0), Math.Ceiling(size * count / 100.0));
        }
    }

    [Theory]
    [InlineData(10, 6, 3, 1)]
    [InlineData(33, 20, 10, 3)]
    [InlineData(45, 27, 13, 5)]
    public void Stratified_PlacesLeftOver_GoToTheLargestRemainders(int count, int first, int second, int third)
    {
        // Of 61, 29 and 10 rows, worked out by hand: 33 of 100 are 20.13, 9.57 and 3.3, and the place that is left goes to 0.57; of 45 it is 27.45, 13.05 and 4.5.
        var strata = Enumerable.Range(0, 100).Select(i => i < 61 ? 0 : i < 90 ? 1 : 2).ToArray();

        var rows = RowSampler.Stratified(strata, count, seed: 2);

        Assert.Equal([first, second, third], Enumerable.Range(0, 3).Select(s => rows.Count(r => strata[r] == s)));
    }

    [Fact]
    public void Balanced_FewAndMany_HaveTheSameNumber()
    {
        int[] strata = [0, 1, 0, 0, 1, 0, 0, 0];

        var rows = RowSampler.Balanced(strata, 5, seed: 1);

        Assert.Equal(5, rows.Count(r => strata[r] == 0));
        Assert.Equal(5, rows.Where(r => strata[r] == 0).Distinct().Count());
        Assert.Equal([2, 3], rows.Where(r => strata[r] == 1).GroupBy(r => r).Select(g => g.Count()).Order());
    }

    [Fact]
    public void Balanced_EmptyStratum_IsASentence()
        => Assert.StartsWith(
            "Expected rows in every stratum up to 2, but stratum 1 is empty.", Assert.Throws<ArgumentException>(() => RowSampler.Balanced([0, 2], 1, seed: 0)).Message, StringComparison.Ordinal);
}
