namespace Mlp.Monitoring.Drift;

/// <summary>How one input, or the score, compares with the reference. Immutable.</summary>
public sealed record FeatureDrift
{
    /// <summary>Name of the feature or of the score.</summary>
    public required string Name { get; init; }

    /// <summary>Whether this is the model's score.</summary>
    public required bool IsScore { get; init; }

    /// <summary>
    /// PSI = Σ (p − q)·ln(p / q) over the bins of the reference: deciles, or categories; missing values and unseen categories are bins of their own. 0 and up; NaN without rows.
    /// </summary>
    public required double PopulationStabilityIndex { get; init; }

    /// <summary>The PSI that chance alone exceeds with the detector's significance, given the numbers of rows and shared out over all features (Bonferroni).</summary>
    public required double NullThreshold { get; init; }

    /// <summary>Jensen-Shannon distance over the same bins, logarithms to base 2: 0 to 1.</summary>
    public required double JensenShannonDistance { get; init; }

    /// <summary>The verdict: effect size and significance together.</summary>
    public required DriftSeverity Severity { get; init; }

    /// <summary>Rows compared, missing values included.</summary>
    public required long RowCount { get; init; }

    /// <summary>Share of missing values in the reference, 0 to 1.</summary>
    public required double ReferenceMissingShare { get; init; }

    /// <summary>Share of missing values now, 0 to 1.</summary>
    public required double MissingShare { get; init; }

    /// <summary>Share of rows whose category the reference never had, 0 to 1; 0 for numbers.</summary>
    public required double UnseenShare { get; init; }

    /// <summary>Both sides over the bins of the reference.</summary>
    public DriftHistogram? Histogram { get; init; }
}
