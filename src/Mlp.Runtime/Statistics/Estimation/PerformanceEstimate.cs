using System.Text.Json.Serialization;

namespace Mlp.Runtime.Statistics.Estimation;

/// <summary>A figure that was estimated without labels. Immutable.</summary>
/// <param name="Metric">Which figure.</param>
/// <param name="Value">The estimate; NaN where it is not defined.</param>
/// <param name="SamplingError">The standard error that as many rows of the reference would have.</param>
/// <param name="Lower">Lower end of the band of three sampling errors, within what the figure can be.</param>
/// <param name="Upper">Upper end of the band.</param>
/// <param name="LowerThreshold">The least value that is ordinary: mean - 3 standard deviations of the reference's chunks, for a window of as many rows; NaN where they do not say, as a single chunk does not.</param>
/// <param name="UpperThreshold">The greatest value that is ordinary.</param>
[JsonNumberHandling(JsonNumberHandling.AllowNamedFloatingPointLiterals)]
public readonly record struct PerformanceEstimate(
    EstimatedMetric Metric, double Value, double SamplingError, double Lower, double Upper, double LowerThreshold, double UpperThreshold)
{
    /// <summary>Whether the estimate lies outside what was ordinary on the reference.</summary>
    public bool IsAlert => Value < LowerThreshold || Value > UpperThreshold;
}
