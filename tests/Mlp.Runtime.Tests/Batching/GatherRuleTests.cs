using Mlp.Runtime.Batching;

namespace Mlp.Runtime.Tests.Batching;

/// <summary>A run takes 20 us and 1 us per row.</summary>
public sealed class GatherRuleTests
{
    private const long Soon = 1_000;
    private const long Much = 1_000_000_000;

    private readonly CostCurve _curve = new();

    public GatherRuleTests()
    {
        for (var size = 1; size <= 64; size *= 2)
        {
            _curve.Learn(size, 20_000 + (1_000 * size));
        }
    }

    [Theory]
    [InlineData(2, 1_300, 1)]
    [InlineData(2, 300, 2)]
    [InlineData(2, 100_000, 1)]
    [InlineData(16, 1_312.5, 8)]
    [InlineData(16, 0, 16)]
    [InlineData(1, 10, 1)]
    public void Divide_CostOfCallsBesideTheRun_LeavesThemTheirShareOfTheProcessors(int lanes, double handling, int expected)
    {
        // A row of 64 takes 84 / 64 = 1.3125 us.
        var rule = Rule(lanes);

        rule.Divide(64, handling);

        Assert.Equal(expected, rule.LaneCount);
    }

    [Fact]
    public void Divide_NothingIsKnown_LeavesAllLanes()
    {
        var rule = new GatherRule(new BatchingSettings(64, TimeSpan.FromMilliseconds(5), 4, null), new CostCurve());

        rule.Divide(64, 0);

        Assert.Equal(4, rule.LaneCount);
    }

    [Fact]
    public void LaneLimit_FullBatchOrLittleTime_AllLanes()
    {
        var rule = Rule(2);
        rule.Divide(64, 2_000);

        Assert.Equal(1, rule.LaneLimit(63, 168_000));
        Assert.Equal(2, rule.LaneLimit(64, 168_000));
        Assert.Equal(2, rule.LaneLimit(1, 167_999));
    }

    [Fact]
    public void Expect_OneLaneOfTwo_HalfOfThemWhileTheOthersAreAnswered()
    {
        var rule = Rule(2);
        Assert.Equal(20, rule.Expect(40, rowsRunning: 0));
        Assert.Equal(10, rule.Expect(40, rowsRunning: 30));

        rule.Divide(64, 2_000);

        Assert.Equal(20, rule.Expect(40, rowsRunning: 0));
        Assert.Equal(20, rule.Expect(40, rowsRunning: 20));
        Assert.Equal(64, rule.Expect(140, rowsRunning: 0));
    }

    [Fact]
    public void ShouldWait_NobodyNewComes_EndsAfterSomeTurns()
    {
        var rule = Rule(1);

        Assert.Equal([true, true, true, false], Enumerable.Range(0, 4).Select(_ => rule.ShouldWait(10, 64, Much, Soon, GatherRule.PoolTurns)));
    }

    [Fact]
    public void ShouldWait_SomebodyComesEachTime_WaitsForAllThatAreExpected()
    {
        var rule = Rule(1);

        for (var waiting = 10; waiting < 40; waiting++)
        {
            Assert.True(rule.ShouldWait(waiting, 40, Much, Soon, GatherRule.PoolTurns));
        }

        Assert.False(rule.ShouldWait(40, 40, Much, Soon, GatherRule.PoolTurns));
    }

    [Fact]
    public void ShouldWait_TheTimeThatItSavesHasPassed_Ends()
    {
        // Ten rows alone are 3 us each, forty 1.5 us: all forty save 60 us.
        var rule = Rule(1);
        Assert.True(rule.ShouldWait(10, 40, Much, 1_000, GatherRule.PoolTurns));
        Assert.True(rule.ShouldWait(11, 40, Much, 40_000, GatherRule.PoolTurns));

        Assert.False(rule.ShouldWait(12, 40, Much, 70_000, GatherRule.PoolTurns));

        rule.Restart();
        Assert.True(rule.ShouldWait(12, 40, Much, 70_000, GatherRule.PoolTurns));
    }

    [Fact]
    public void ShouldWait_RowsGetNoCheaper_GoesAtOnce()
    {
        var curve = new CostCurve();
        curve.Learn(1, 1_000);
        curve.Learn(64, 64_000);
        var rule = new GatherRule(new BatchingSettings(64, TimeSpan.FromMilliseconds(5), 1, null), curve);

        Assert.False(rule.ShouldWait(10, 64, Much, Soon, GatherRule.PoolTurns));
    }

    [Fact]
    public void ShouldWait_FirstCallHasNoTimeForIt_GoesAtOnce()
    {
        var rule = Rule(1);

        Assert.False(rule.ShouldWait(10, 40, timeLeft: 81_000, Soon, GatherRule.PoolTurns));
        Assert.True(rule.ShouldWait(10, 40, timeLeft: 81_001, Soon, GatherRule.PoolTurns));
    }

    private GatherRule Rule(int lanes) => new(new BatchingSettings(64, TimeSpan.FromMilliseconds(5), lanes, null), _curve);
}
