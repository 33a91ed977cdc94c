namespace Mlp.Runtime.Routing;

/// <summary>A shadow in this process, since its version came into service. Immutable.</summary>
public sealed record ShadowDescription
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>The version that sees calls; null while there is none.</summary>
    public int? Version { get; init; }

    /// <summary>Share of the answered calls that it sees, 0 to 1.</summary>
    public required double SampleRate { get; init; }

    /// <summary>Calls that were put into its queue.</summary>
    public required long Accepted { get; init; }

    /// <summary>Calls that found the queue full.</summary>
    public required long Dropped { get; init; }

    /// <summary>Calls that it cannot see: it had no version, or it reads other features and the call had no keys that fit.</summary>
    public required long Skipped { get; init; }

    /// <summary>Calls that it failed at.</summary>
    public required long Failed { get; init; }

    /// <summary>Answers that were compared with what was served.</summary>
    public required long Compared { get; init; }

    /// <summary>Mean absolute difference of the two scores; NaN before the first comparison. For several classes the scores are those of the class that each says.</summary>
    public required double MeanAbsoluteDifference { get; init; }

    /// <summary>Share of the compared answers that say another class, 0 to 1; NaN before the first. Always 0 for regression and ranking.</summary>
    public required double DisagreementRate { get; init; }

    /// <summary>The median time of a run, within 1/32; null before the first.</summary>
    public TimeSpan? MedianLatency { get; init; }
}
