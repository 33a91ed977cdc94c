using Mlp.Runtime.Batching;

namespace Mlp.Runtime.Tests.Batching;

public sealed class CostCurveTests
{
    [Fact]
    public void Estimate_BetweenWhatIsKnown_IsLinear()
    {
        var curve = new CostCurve();
        Assert.Equal(0, curve.Estimate(7));
        curve.Learn(1, 1_000);
        curve.Learn(8, 2_000);
        curve.Learn(16, 4_000);

        Assert.Equal([1_000, 1_142, 2_000, 3_000, 4_000, 8_000], ((int[])[1, 2, 8, 12, 16, 32]).Select(curve.Estimate));
        Assert.Equal([(1, 1.0), (8, 2.0), (16, 4.0)], curve.Costs.Select(c => (c.RowCount, c.RunMicroseconds)));
        Assert.Equal(0.25, curve.Costs[2].MicrosecondsPerRow);
    }

    [Fact]
    public void LargestWithin_GivesTheLastSizeThatFits()
    {
        var curve = new CostCurve();
        curve.Learn(1, 1_000);
        curve.Learn(16, 16_000);

        Assert.Equal([0, 1, 9, 10], ((long[])[999, 1_000, 9_500, 1_000_000]).Select(t => curve.LargestWithin(t, 10)));
    }

    [Fact]
    public void Learn_FollowsQuickRunsAndSlowModelsButNotOutliers()
    {
        var curve = new CostCurve();
        curve.Learn(4, 10_000);
        curve.Learn(4, 0);
        curve.Learn(4, 10_000_000);
        Assert.InRange(curve.Estimate(4), 10_000, 11_000);

        for (var i = 0; i < 50; i++)
        {
            curve.Learn(4, 5_000);
        }

        Assert.InRange(curve.Estimate(4), 5_000, 5_010);
        for (var i = 0; i < 1_000; i++)
        {
            curve.Learn(4, 20_000);
        }

        Assert.InRange(curve.Estimate(4), 19_900, 20_000);
    }

    [Fact]
    public void Learn_AnySizes_FindsTheTrueCurve()
    {
        var random = new Random(5);
        var curve = new CostCurve();
        for (var i = 0; i < 20_000; i++)
        {
            var size = random.Next(1, 129);
            curve.Learn(size, 10_000 + (1_000 * size));
        }

        Assert.All(Enumerable.Range(1, 128), n => Assert.Equal(10_000 + (1_000.0 * n), curve.Estimate(n), 0.02 * (10_000 + (1_000 * n))));
    }
}
