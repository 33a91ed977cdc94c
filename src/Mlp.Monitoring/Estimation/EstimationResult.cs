using System.Text.Json.Serialization;
using Mlp.Monitoring.Figures;
using Mlp.Monitoring.Performance;
using Mlp.Runtime.Statistics.Estimation;

namespace Mlp.Monitoring.Estimation;

/// <summary>The quality of one window as it is estimated without labels, beside the realised one as far as labels have come. Immutable.</summary>
[JsonNumberHandling(JsonNumberHandling.AllowNamedFloatingPointLiterals)]
public sealed record EstimationResult
{
    /// <summary>Model name.</summary>
    public required string Model { get; init; }

    /// <summary>Model version.</summary>
    public required int Version { get; init; }

    /// <summary>First request time of the window; null for the beginning.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>Request time up to which the window reaches, exclusive; null for the end.</summary>
    public DateTimeOffset? To { get; init; }

    /// <summary>Answered predictions that the estimate is made of.</summary>
    public required long RowCount { get; init; }

    /// <summary>The estimated mean absolute error of a regression; null for a classifier.</summary>
    public LossEstimate? MeanAbsoluteError { get; init; }

    /// <summary>The estimated root mean squared error of a regression; null for a classifier.</summary>
    public LossEstimate? RootMeanSquaredError { get; init; }

    /// <summary>One estimate per figure of a classifier; empty for a regression.</summary>
    public required IReadOnlyList<PerformanceEstimate> Estimates { get; init; }

    /// <summary>The realised figures of those predictions of the window that have matured, with their intervals. Look at its label maturity before it is trusted.</summary>
    public required PerformanceResult Realized { get; init; }

    /// <summary>Whether the window's realised figures were compared with the estimate: all its predictions have matured, and some have labels.</summary>
    public required bool IsChecked { get; init; }

    /// <summary>
    /// <see cref="FindingKind.EstimateNoLongerHolds"/> where estimate and realised figure lie each outside the other's interval, and <see cref="FindingKind.Performance"/> where the estimate or the realised
    /// figure is lower than ever on the reference.
    /// </summary>
    public required IReadOnlyList<Finding> Findings { get; init; }

    /// <summary>The estimate of a figure.</summary>
    /// <param name="metric">Which figure.</param>
    public PerformanceEstimate this[EstimatedMetric metric] => Estimates.First(e => e.Metric == metric);
}
