using Mlp.Runtime.Routing;

namespace Mlp.Runtime.Tests.Routing;

public sealed class CanaryJudgeTests
{
    private static readonly CanaryPlan Plan = new() { StepBasisPoints = [100, 1_000], MinimumCalls = 100, MinimumDuration = TimeSpan.FromMinutes(1) };

    [Theory]
    [InlineData(99, 1_000, 60, "The canary has had 99 of 100 calls.")]
    [InlineData(1_000, 99, 60, "The champion has had 99 of 100 calls to compare with.")]
    [InlineData(1_000, 1_000, 59, "The step has lasted 00:00:59 of 00:01:00.")]
    public void Judge_BeforeTheMinimum_HoldsAndSaysWhatIsMissing(int canary, int champion, int seconds, string reason)
    {
        var verdict = CanaryJudge.Judge(Plan, 0, Seen(Calls(champion), Calls(canary), seconds));

        Assert.Equal((CanaryAction.Hold, reason), (verdict.Action, verdict.Reason));
    }

    [Theory]
    [InlineData(0, CanaryAction.Advance)]
    [InlineData(1, CanaryAction.Promote)]
    internal void Judge_AsGoodAsTheChampion_GoesOn(int step, CanaryAction expected)
    {
        var verdict = CanaryJudge.Judge(Plan, step, Seen(Calls(1_000, errors: 10), Calls(100, errors: 1)));

        Assert.Equal(expected, verdict.Action);
        Assert.Contains($"Step {step + 1} of 2 is passed", verdict.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Judge_EveryCallFails_AbortsAtTheFirstLook()
    {
        Assert.Equal(CanaryAction.Hold, CanaryJudge.Judge(Plan, 0, Seen(Calls(1_000), Calls(15, errors: 15), seconds: 1)).Action);
        var verdict = CanaryJudge.Judge(Plan, 0, Seen(Calls(1_000), Calls(16, errors: 16), seconds: 1));

        Assert.Equal((CanaryAction.Abort, 1), (verdict.Action, verdict.LookCount));
        Assert.StartsWith("Expected at most 5.00 % of the canary's calls to fail, but found 16 of 16 (p = ", verdict.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Judge_WorseThanTheChampionButWithinTheLimit_AbortsByComparison()
    {
        var verdict = CanaryJudge.Judge(Plan, 0, Seen(Calls(10_000, errors: 0), Calls(1_000, errors: 40)));

        Assert.Equal(CanaryAction.Abort, verdict.Action);
        Assert.StartsWith("Expected the canary's calls to fail no more often than the champion's, of which 0 of 10000 failed, but found 40 of 1000", verdict.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Judge_AsBadAsTheChampionButAboveTheLimit_AbortsAtTheEndOfTheStep()
    {
        var verdict = CanaryJudge.Judge(Plan, 0, Seen(Calls(1_000, errors: 70), Calls(100, errors: 6)));

        Assert.Equal((CanaryAction.Abort, "Expected at most 5.00 % of the canary's calls to fail, but found 6 of 100."), (verdict.Action, verdict.Reason));
    }

    [Fact]
    public void Judge_BetweenTwoLooks_DoesNotTestAgain()
    {
        var verdict = CanaryJudge.Judge(Plan, 0, Seen(Calls(1_000), Calls(31, errors: 31), seconds: 1, looks: 1));
        Assert.Equal((CanaryAction.Hold, 1), (verdict.Action, verdict.LookCount));

        verdict = CanaryJudge.Judge(Plan, 0, Seen(Calls(1_000), Calls(32, errors: 32), seconds: 1, looks: 1));
        Assert.Equal((CanaryAction.Abort, 2), (verdict.Action, verdict.LookCount));
    }

    [Theory]
    [InlineData(1_000_000, 1_400_000, CanaryAction.Advance)]
    [InlineData(1_000_000, 1_700_000, CanaryAction.Abort)]
    [InlineData(1_000, 20_000, CanaryAction.Advance)]
    internal void Judge_SlowerCanary_IsHeldAgainstItBeyondRatioAndTolerance(long championNanoseconds, long canaryNanoseconds, CanaryAction expected)
        => Assert.Equal(expected, CanaryJudge.Judge(Plan, 0, Seen(Calls(1_000, nanoseconds: championNanoseconds), Calls(100, nanoseconds: canaryNanoseconds))).Action);

    [Fact]
    public void Judge_SlowTailAlone_Aborts()
    {
        var tail = new VariantReading(100, 0, [.. Calls(97).LatencyBins.Zip(Calls(3, nanoseconds: 50_000_000).LatencyBins, (a, b) => a + b)]);

        var verdict = CanaryJudge.Judge(Plan, 0, Seen(Calls(1_000), tail));

        Assert.Equal(CanaryAction.Abort, verdict.Action);
        Assert.Contains("99th percentile", verdict.Reason, StringComparison.Ordinal);
    }

    /// <summary>A canary as good as the champion is watched call by call; looking all the time must not make it fail.</summary>
    [Fact]
    public void Judge_EqualErrorRatesWatchedCallByCall_AbortsNoMoreOftenThanItsConfidenceSays()
    {
        var random = new Random(11);
        var plan = Plan with { MinimumCalls = 1_000_000, MaximumErrorRate = 1, Confidence = 0.9 };
        var aborted = 0;
        const int Canaries = 300;
        for (var i = 0; i < Canaries; i++)
        {
            long canaryErrors = 0, championErrors = 0;
            var looks = 0;
            for (var calls = 1; calls <= 600; calls++)
            {
                canaryErrors += random.NextDouble() < 0.1 ? 1 : 0;
                championErrors += Enumerable.Range(0, 4).Count(_ => random.NextDouble() < 0.1);
                var verdict = CanaryJudge.Judge(plan, 0, Seen(Calls(4 * calls, (int)championErrors), Calls(calls, (int)canaryErrors), 60, looks));
                looks = verdict.LookCount;
                if (verdict.Action == CanaryAction.Abort)
                {
                    aborted++;
                    break;
                }
            }
        }

        // A tenth at most, and three standard deviations.
        Assert.InRange(aborted, 0, 46);
    }

    private static CanaryEvidence Seen(VariantReading champion, VariantReading canary, int seconds = 60, int looks = 0)
        => new(TimeSpan.FromSeconds(seconds), champion, canary, looks);

    private static VariantReading Calls(int calls, int errors = 0, long nanoseconds = 1_000_000)
    {
        var bins = new long[LatencyHistogram.BinCount];
        bins[LatencyHistogram.BinOf(nanoseconds)] = calls - errors;
        return new VariantReading(calls, errors, bins);
    }
}
