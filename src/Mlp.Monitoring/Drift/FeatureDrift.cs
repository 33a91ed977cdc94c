using System.Text.Json.Serialization;
using Mlp.Monitoring.Reports;

namespace Mlp.Monitoring.Drift;

/// <summary>How one input, or the score, compares with the reference. Immutable.</summary>
[JsonNumberHandling(JsonNumberHandling.AllowNamedFloatingPointLiterals)]
public sealed record FeatureDrift
{
    /// <summary>Name of the feature or of the score.</summary>
    public required string Name { get; init; }

    /// <summary>Whether this is the model's answer: its score, or the class that it predicts.</summary>
    public required bool IsScore { get; init; }

    /// <summary>
    /// PSI = Σ (p − q)·ln(p / q) over the bins of the reference: deciles, or categories; missing values and unseen categories are bins of their own. 0 and up; NaN without rows.
    /// </summary>
    public required double PopulationStabilityIndex { get; init; }

    /// <summary>The PSI that chance alone exceeds with the detector's significance, given the numbers of rows and shared out over all features (Bonferroni).</summary>
    public required double NullThreshold { get; init; }

    /// <summary>Jensen-Shannon distance over the same bins, logarithms to base 2: 0 to 1.</summary>
    public required double JensenShannonDistance { get; init; }

    /// <summary>The distance that was asked for.</summary>
    public DriftMethod Method { get; init; }

    /// <summary>That distance; of a constant reference the share of the values that have left it. NaN without rows.</summary>
    public double Statistic { get; init; } = double.NaN;

    /// <summary>The distance above which there is drift; 0 for a constant reference.</summary>
    public double Threshold { get; init; }

    /// <summary>The chance of at least this distance where nothing has changed; NaN without rows and for a constant reference, which needs none.</summary>
    public double PValue { get; init; } = double.NaN;

    /// <summary><see cref="PValue"/> after the correction for all features and checks.</summary>
    public double AdjustedPValue { get; init; } = double.NaN;

    /// <summary>Whether the distance was taken over the bins, though its method has none: the reference keeps no more than bins.</summary>
    public bool IsOverBins { get; init; }

    /// <summary>Whether all values of the reference are one and the same: whatever leaves it is drift.</summary>
    public bool IsConstantReference { get; init; }

    /// <summary>Whether all values of the window are one and the same.</summary>
    public bool IsConstant { get; init; }

    /// <summary>The verdict: effect size and significance together.</summary>
    public required DriftSeverity Severity { get; init; }

    /// <summary>Why there is no verdict, in a sentence: too few rows, or sketches that cannot tell; null where there is one.</summary>
    public string? Problem { get; init; }

    /// <summary>Rows of the reference, missing values included.</summary>
    public long ReferenceRowCount { get; init; }

    /// <summary>Rows compared, missing values included.</summary>
    public required long RowCount { get; init; }

    /// <summary>Share of missing values in the reference, 0 to 1.</summary>
    public required double ReferenceMissingShare { get; init; }

    /// <summary>Share of missing values now, 0 to 1.</summary>
    public required double MissingShare { get; init; }

    /// <summary>Share of rows whose category the reference never had, 0 to 1; 0 for numbers.</summary>
    public required double UnseenShare { get; init; }

    /// <summary>Share of rows below the smallest or above the largest value of the reference, 0 to 1; 0 for categories.</summary>
    public double OutOfRangeShare { get; init; }

    /// <summary>Both sides over the bins of the reference.</summary>
    public DriftHistogram? Histogram { get; init; }

    /// <summary>Draws <see cref="Histogram"/> as a self-contained SVG element: no script, no style or font from elsewhere, with a title for readers of screens.</summary>
    /// <returns>The element; empty without a histogram.</returns>
    public string ToSvg() => Histogram is null ? string.Empty : HistogramSvg.Write(Name, Histogram);
}
