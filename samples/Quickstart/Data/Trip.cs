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

    /// <summary>How long after the end of the trip the feature rows made of it reached the feature store: zero, or the delay of a late arrival.</summary>
    public TimeSpan ReportDelay { get; init; }

    /// <summary>When the outcome became known: nobody knows the tip before the trip ends.</summary>
    public DateTimeOffset End => Start.AddSeconds(Seconds);

    /// <summary>The label: did the tip exceed 20 % of the fare?</summary>
    public bool IsBigTip => Tips > 0.2 * Fare;
}
