namespace Quickstart.Data;

/// <summary>One taxi trip, as the raw data tell it.</summary>
internal sealed record Trip
{
    public required DateTimeOffset Start { get; init; }

    public required double Seconds { get; init; }

    public required double Miles { get; init; }

    public required double Fare { get; init; }

    public required double Tips { get; init; }

    public required string PaymentType { get; init; }

    /// <summary>The taxi company; unknown for a third of the real trips.</summary>
    public string? Company { get; init; }

    /// <summary>The community area of the pickup; rarely unknown.</summary>
    public long? PickupArea { get; init; }

    public required long Month { get; init; }

    public required long Hour { get; init; }

    public required long Weekday { get; init; }

    /// <summary>
    /// How long after the end of the trip the row about it reached us: zero, or the delay of a late arrival. The system that keeps the aggregates knew the outcome at the trip's end all the same.
    /// </summary>
    public TimeSpan ReportDelay { get; init; }

    /// <summary>When the outcome became known where the trips come from: nobody knows the tip before the trip ends.</summary>
    public DateTimeOffset End => Start.AddSeconds(Seconds);

    /// <summary>The label: did the tip exceed 20 % of the fare?</summary>
    public bool IsBigTip => Tips > 0.2 * Fare;

    /// <summary>The same trip with this outcome. Of its tip only the side of 20 % of the fare on which it lies means anything afterwards.</summary>
    public Trip WithOutcome(bool isBigTip) => this with { Tips = (0.2 * Fare) + (isBigTip ? 1 : -1) };
}
