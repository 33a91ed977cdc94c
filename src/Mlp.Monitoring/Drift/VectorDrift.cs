using System.Text.Json.Serialization;

namespace Mlp.Monitoring.Drift;

/// <summary>What a test of the whole vector of features gave. Immutable.</summary>
[JsonNumberHandling(JsonNumberHandling.AllowNamedFloatingPointLiterals)]
public sealed record VectorDrift
{
    /// <summary><c>domain-classifier</c> or <c>pca-reconstruction</c>.</summary>
    public required string Test { get; init; }

    /// <summary>AUC of reference against window, 0.5 where they cannot be told apart; or the mean error of reconstruction.</summary>
    public required double Statistic { get; init; }

    /// <summary>The statistic above which (for the reconstruction: below or above which) there is drift.</summary>
    public required double Threshold { get; init; }

    /// <summary>The other end of what the reconstruction allows; null for the classifier.</summary>
    public double? LowerThreshold { get; init; }

    /// <summary>The chance of such rows where nothing has changed; null where it is not known.</summary>
    public double? PValue { get; init; }

    /// <summary><see cref="PValue"/> after the correction for all tests of the report.</summary>
    public double? AdjustedPValue { get; init; }

    /// <summary>Rows of the reference that were looked at: a sample of at most 10,000.</summary>
    public required long ReferenceRowCount { get; init; }

    /// <summary>Rows of the window that were looked at.</summary>
    public required long RowCount { get; init; }

    /// <summary>The verdict: effect size and significance together.</summary>
    public required bool IsDrifted { get; init; }

    /// <summary>Whether the statistic lies outside the thresholds.</summary>
    internal bool IsBeyond => Statistic > Threshold || Statistic < LowerThreshold;
}
