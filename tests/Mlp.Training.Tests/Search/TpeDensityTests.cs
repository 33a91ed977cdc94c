using Mlp.Training.Networks;
using Mlp.Training.Search.Tpe;

namespace Mlp.Training.Tests.Search;

/// <summary>The estimators of TPE, beside numbers of scipy.stats (truncnorm, norm) for the deviations that Optuna's rules give.</summary>
public sealed class TpeDensityTests
{
    [Fact]
    public void StandardDeviations_Values_AreDistancesToNeighboursWithinLimits()
    {
        // In order 0.2, 0.3, the prior's 0.5, 0.8; the least is 1 / 5.
        var density = new ParzenDensity([0.2, 0.3, 0.8], TpeWeights.Of(3), cells: 0);

        Assert.Equal([0.2, 0.2, 0.3, 1], density.StandardDeviations, (a, b) => Math.Abs(a - b) < 1e-12);
    }

    [Theory]
    [InlineData(0.05, -0.054289924571117656)]
    [InlineData(0.25, 0.3564715805200085)]
    [InlineData(0.9, -0.39966201388048067)]
    public void LogAt_Number_IsThatOfTheMixture(double value, double expected)
        => Assert.Equal(expected, new ParzenDensity([0.2, 0.3, 0.8], TpeWeights.Of(3), cells: 0).LogAt(value), 1e-9);

    [Theory]
    [InlineData(0, -1.415717758604269)]
    [InlineData(1, -1.2516342740907949)]
    [InlineData(2, -1.26177038124547)]
    [InlineData(3, -1.670997200914015)]
    public void LogAt_Cell_IsTheProbabilityOfTheCell(int cell, double expected)
        => Assert.Equal(expected, new ParzenDensity([0.125, 0.625], TpeWeights.Of(2), cells: 4).LogAt((cell + 0.5) / 4), 1e-9);

    [Theory]
    [InlineData(0)]
    [InlineData(20)]
    public void Sample_ManyDraws_FollowTheDensity(int cells)
    {
        var density = new ParzenDensity([0.02, 0.7, 0.71, 0.99], TpeWeights.Of(4), cells);
        var random = new SeededRandom(5);
        var counts = new int[20];
        for (var i = 0; i < 20_000; i++)
        {
            counts[(int)(density.Sample(random) * 20)]++;
        }

        for (var bin = 0; bin < 20; bin++)
        {
            var expected = cells > 0
                ? 20_000 * Math.Exp(density.LogAt((bin + 0.5) / 20))
                : 20_000 * Enumerable.Range(0, 50).Average(i => Math.Exp(density.LogAt((bin + ((i + 0.5) / 50)) / 20))) / 20;
            Assert.InRange(counts[bin], expected - (5 * Math.Sqrt(expected)), expected + (5 * Math.Sqrt(expected)));
        }
    }

    [Fact]
    public void LogAt_Choice_CountsWhatWasSeenAndAnEqualShare()
    {
        // Two times the first of three: each gives (1/3 + 1, 1/3, 1/3) / 2, the prior 1/3 to all, and each of the three counts a third.
        var density = new ChoiceDensity([1 / 6.0, 1 / 6.0], TpeWeights.Of(2), 3);

        Assert.Equal(5 / 9.0, Math.Exp(density.LogAt(0.1)), 1e-12);
        Assert.Equal(2 / 9.0, Math.Exp(density.LogAt(0.5)), 1e-12);
        Assert.Equal(2 / 9.0, Math.Exp(density.LogAt(0.9)), 1e-12);
        var random = new SeededRandom(5);
        Assert.InRange(Enumerable.Range(0, 9000).Count(_ => density.Sample(random) < 1 / 3.0), 4800, 5200);
    }

    [Fact]
    public void Of_ManyTrials_TheOldCountLess()
    {
        Assert.Equal([1.0], TpeWeights.Of(0));
        Assert.All(TpeWeights.Of(25), w => Assert.Equal(1 / 26.0, w, 1e-12));
        var weights = TpeWeights.Of(28);
        var sum = (1 / 28.0) + (29 / 56.0) + 1 + 26;
        Assert.Equal([1 / 28.0 / sum, 29 / 56.0 / sum, 1 / sum], weights[..3], (a, b) => Math.Abs(a - b) < 1e-12);
        Assert.Equal([0, 1, 1, 2, 25, 25], new[] { 0, 1, 10, 11, 250, 1000 }.Select(TpeWeights.GoodCount));
    }
}
