using Mlp.Training.Search;

namespace Mlp.Training.Tests.Search;

public sealed class SuccessiveHalvingTests
{
    [Fact]
    public void Report_BestThirdAtARung_GoesOn()
    {
        var halving = new SuccessiveHalving(minimumSteps: 2, factor: 3, higherIsBetter: true);

        // Values that reach the first rung one after another; worked out by hand: better ones before it < max(1, n / 3).
        Assert.Equal([true, false, true, false, true, true], new[] { 0.5, 0.4, 0.6, 0.55, 0.7, 0.65 }.Select(v => Reach(halving, v)));
    }

    [Fact]
    public void Report_BetweenRungs_GoesOn()
    {
        var halving = new SuccessiveHalving(2, 3, higherIsBetter: false);
        var rung = 0;

        Assert.True(halving.Report(ref rung, 1, 1));
        Assert.Equal(0, rung);
        Assert.True(halving.Report(ref rung, 2, 1));
        Assert.True(halving.Report(ref rung, 5, 100));
        Assert.Equal(1, rung);
        Assert.True(halving.Report(ref rung, 6, 1));
        Assert.Equal(2, rung);
    }

    [Fact]
    public void Report_NotANumber_Stops() => Assert.False(Reach(new SuccessiveHalving(2, 3, higherIsBetter: false), double.NaN));

    private static bool Reach(SuccessiveHalving halving, double value)
    {
        var rung = 0;
        return halving.Report(ref rung, 2, value);
    }
}
