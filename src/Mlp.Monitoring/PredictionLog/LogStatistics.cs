namespace Mlp.Monitoring.PredictionLog;

/// <summary>
/// What became of the predictions of one model version since it came into service: <c>Accepted = Written + Dropped + SampledOut + Pending</c>, always; after a flush nothing is pending.
/// Immutable.
/// </summary>
/// <param name="Model">Model name.</param>
/// <param name="Version">Model version.</param>
/// <param name="Accepted">Predictions that the log was told of.</param>
/// <param name="Written">Predictions that are on the device.</param>
/// <param name="DroppedBy">Predictions that were given up, by reason; reasons that did not occur are absent.</param>
public sealed record LogStatistics(string Model, int Version, long Accepted, long Written, IReadOnlyDictionary<DropReason, long> DroppedBy)
{
    /// <summary>Predictions that were given up.</summary>
    public long Dropped => DroppedBy.Values.Sum();

    /// <summary>Predictions that sampling left out of the log. What watches the live stream has seen them.</summary>
    public long SampledOut { get; init; }

    /// <summary>How often a rule of the application, by which sampling keeps predictions, has thrown: each time the prediction was kept.</summary>
    public long SamplingRuleFailures { get; init; }

    /// <summary>Segments that were begun when the clock said less than at the beginning of an earlier one.</summary>
    public long ClockSetBacks { get; init; }

    /// <summary>Of what watches the live stream (the window of drift, the profile), how many failed: those are off until the version comes into service again, and the others go on.</summary>
    public long FailedListeners { get; init; }

    /// <summary>Predictions on their way to the device.</summary>
    public long Pending => Accepted - Written - Dropped - SampledOut;

    /// <summary>The counts of two logs of one version together.</summary>
    internal static LogStatistics Add(LogStatistics one, LogStatistics other) => one with
    {
        Accepted = one.Accepted + other.Accepted,
        Written = one.Written + other.Written,
        SampledOut = one.SampledOut + other.SampledOut,
        SamplingRuleFailures = one.SamplingRuleFailures + other.SamplingRuleFailures,
        ClockSetBacks = one.ClockSetBacks + other.ClockSetBacks,
        FailedListeners = one.FailedListeners + other.FailedListeners,
        DroppedBy = one.DroppedBy.Concat(other.DroppedBy).GroupBy(d => d.Key).ToDictionary(g => g.Key, g => g.Sum(d => d.Value)),
    };
}
