namespace Mlp.Runtime.Routing;

/// <summary>
/// How a canary is tried: the shares it goes through, how long each lasts at least, and what ends it. Immutable.
/// <para>
/// Errors are judged by exact one-sided tests whenever the number of the canary's calls in a step reaches 16, 32, 64 and so on, and at the end of the step. The look number k may err with
/// probability (1 - <see cref="Confidence"/>) / (k (k + 1)), which over all looks adds up to 1 - <see cref="Confidence"/> at most: looking often does not make a false alarm likelier.
/// </para>
/// </summary>
public sealed record CanaryPlan
{
    /// <summary>The shares of the steps in hundredths of a percent, ascending, each from 1 to 9,999.</summary>
    /// <value>The default is 1 %, 5 %, 25 % and 50 %.</value>
    public IReadOnlyList<int> StepBasisPoints { get; init; } = [100, 500, 2_500, 5_000];

    /// <summary>Calls that the canary and the champion each have answered or failed at in a step before the next one begins, at least 1.</summary>
    /// <value>The default is 500.</value>
    public long MinimumCalls { get; init; } = 500;

    /// <summary>How long a step lasts at least.</summary>
    /// <value>The default is 5 minutes.</value>
    public TimeSpan MinimumDuration { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>The share of failed calls that ends the canary whatever the champion's is, 0 to 1.</summary>
    /// <value>The default is 0.05.</value>
    public double MaximumErrorRate { get; init; } = 0.05;

    /// <summary>How sure a test must be that the canary fails more often than the champion, or than <see cref="MaximumErrorRate"/>, to end it; above 0.5 and below 1.</summary>
    /// <value>The default is 0.99.</value>
    public double Confidence { get; init; } = 0.99;

    /// <summary>How many times the champion's the canary's median latency may be at the end of a step, at least 1.</summary>
    /// <value>The default is 1.5.</value>
    public double MaximumMedianRatio { get; init; } = 1.5;

    /// <summary>How many times the champion's the latency may be at the end of a step that 99 % of the canary's calls stay under, at least 1.</summary>
    /// <value>The default is 2.</value>
    public double MaximumTailRatio { get; init; } = 2;

    /// <summary>Latency by which the canary may be slower than the champion whatever the ratios say, for models that answer in microseconds.</summary>
    /// <value>The default is 100 microseconds.</value>
    public TimeSpan LatencyTolerance { get; init; } = TimeSpan.FromMicroseconds(100);

    /// <summary>What is wrong with the plan, as a sentence; null when nothing is.</summary>
    internal string? FindProblem()
    {
        if (StepBasisPoints is not { Count: > 0 }
            || StepBasisPoints.Any(s => s is < 1 or >= ModelRoute.WholeBasisPoints)
            || StepBasisPoints.Zip(StepBasisPoints.Skip(1)).Any(p => p.First >= p.Second))
        {
            var found = StepBasisPoints is null ? "none" : $"[{string.Join(", ", StepBasisPoints)}]";
            return $"Expected the steps of a canary to be ascending shares of 1 to 9999 basis points, but found {found}.";
        }

        return MinimumCalls < 1 ? FormattableString.Invariant($"Expected a canary to need at least 1 call per step, but found {MinimumCalls}.")
            : MinimumDuration < TimeSpan.Zero ? $"Expected the steps of a canary to last at least no time, but found {MinimumDuration}."
            : MaximumErrorRate is not (>= 0 and <= 1) ? FormattableString.Invariant($"Expected the greatest error rate of a canary to be 0 to 1, but found {MaximumErrorRate}.")
            : Confidence is not (> 0.5 and < 1) ? FormattableString.Invariant($"Expected the confidence of a canary's tests to be above 0.5 and below 1, but found {Confidence}.")
            : MaximumMedianRatio is not >= 1 || MaximumTailRatio is not >= 1
                ? FormattableString.Invariant($"Expected the latency ratios of a canary to be at least 1, but found {MaximumMedianRatio} and {MaximumTailRatio}.")
            : LatencyTolerance < TimeSpan.Zero ? $"Expected the latency tolerance of a canary to be no negative time, but found {LatencyTolerance}."
            : null;
    }
}
