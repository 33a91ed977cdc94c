using System.Numerics;
using Mlp.Runtime.Statistics;

namespace Mlp.Runtime.Routing;

/// <summary>Decides what is to be done with a canary from what was seen of its step. A pure function of its arguments.</summary>
internal static class CanaryJudge
{
    private const long FirstLook = 16;

    /// <summary>Decides.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="step">The step that was watched, from 0.</param>
    /// <param name="evidence">What was seen of it.</param>
    public static CanaryVerdict Judge(CanaryPlan plan, int step, CanaryEvidence evidence)
    {
        var (canary, champion) = (evidence.Canary, evidence.Champion);
        var waiting = FindWait(plan, evidence);
        var due = canary.Calls < FirstLook ? 0 : BitOperations.Log2((ulong)(canary.Calls / FirstLook)) + 1;
        var looks = evidence.LookCount;
        if (waiting is null || due > looks)
        {
            // At the end of a step there is a look of its own.
            looks = Math.Max(due, looks + 1);
            if (FindErrorProblem(plan, canary, champion, looks) is { } problem)
            {
                return new CanaryVerdict(CanaryAction.Abort, problem, looks);
            }
        }

        if (waiting is not null)
        {
            return new CanaryVerdict(CanaryAction.Hold, waiting, looks);
        }

        if (canary.ErrorRate > plan.MaximumErrorRate)
        {
            return new CanaryVerdict(CanaryAction.Abort, FormattableString.Invariant($"Expected at most {plan.MaximumErrorRate:P2} of the canary's calls to fail, but found {Rate(canary)}."), looks);
        }

        if ((FindSlowness(plan, "median", plan.MaximumMedianRatio, canary.Latency(0.5), champion.Latency(0.5))
            ?? FindSlowness(plan, "99th percentile", plan.MaximumTailRatio, canary.Latency(0.99), champion.Latency(0.99))) is { } slowness)
        {
            return new CanaryVerdict(CanaryAction.Abort, slowness, looks);
        }

        var passed = FormattableString.Invariant(
            $"Step {step + 1} of {plan.StepBasisPoints.Count} is passed: {Rate(canary)} of the canary's calls failed and {Rate(champion)} of the champion's, median latency {Text(canary.Latency(0.5))} and {Text(champion.Latency(0.5))}.");
        return new CanaryVerdict(step + 1 < plan.StepBasisPoints.Count ? CanaryAction.Advance : CanaryAction.Promote, passed, looks);
    }

    private static string? FindWait(CanaryPlan plan, CanaryEvidence evidence)
        => evidence.Canary.Calls < plan.MinimumCalls ? FormattableString.Invariant($"The canary has had {evidence.Canary.Calls} of {plan.MinimumCalls} calls.")
            : evidence.Champion.Calls < plan.MinimumCalls ? FormattableString.Invariant($"The champion has had {evidence.Champion.Calls} of {plan.MinimumCalls} calls to compare with.")
            : evidence.Elapsed < plan.MinimumDuration ? $"The step has lasted {evidence.Elapsed:hh\\:mm\\:ss} of {plan.MinimumDuration}."
            : null;

    private static string? FindErrorProblem(CanaryPlan plan, VariantReading canary, VariantReading champion, int look)
    {
        var significance = (1 - plan.Confidence) / ((double)look * (look + 1));
        var againstLimit = ErrorRateTest.HigherThan(canary.Errors, canary.Calls, plan.MaximumErrorRate);
        if (againstLimit < significance)
        {
            return FormattableString.Invariant($"Expected at most {plan.MaximumErrorRate:P2} of the canary's calls to fail, but found {Rate(canary)} (p = {againstLimit:G2}).");
        }

        var againstChampion = ErrorRateTest.HigherThan(canary.Errors, canary.Calls, champion.Errors, champion.Calls);
        return againstChampion < significance
            ? FormattableString.Invariant($"Expected the canary's calls to fail no more often than the champion's, of which {Rate(champion)} failed, but found {Rate(canary)} (p = {againstChampion:G2}).")
            : null;
    }

    private static string? FindSlowness(CanaryPlan plan, string what, double ratio, TimeSpan? canary, TimeSpan? champion)
        => canary is { } slow && champion is { } fast && slow > fast * ratio && slow - fast > plan.LatencyTolerance
            ? FormattableString.Invariant($"Expected the canary's {what} of latency to be at most {ratio} times the champion's {Text(fast)}, but found {Text(slow)}.")
            : null;

    private static string Rate(VariantReading reading) => FormattableString.Invariant($"{reading.Errors} of {reading.Calls}");

    private static string Text(TimeSpan? latency) => latency is { } time ? FormattableString.Invariant($"{time.TotalMicroseconds:0.##} µs") : "none";
}
