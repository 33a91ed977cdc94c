using System.Text.Json.Serialization;

namespace Mlp.Runtime.Statistics.Estimation;

/// <summary>What the reference says about one figure. Immutable.</summary>
/// <param name="Metric">Which figure.</param>
/// <param name="Deviation">Standard deviation per relevant row; NaN where there was none.</param>
/// <param name="RelevantShare">Share of the rows that the figure looks at.</param>
/// <param name="LowerThreshold">Mean - 3 standard deviations of the chunks' realised figures, within what the figure can be.</param>
/// <param name="UpperThreshold">Mean + 3 standard deviations.</param>
[JsonNumberHandling(JsonNumberHandling.AllowNamedFloatingPointLiterals)]
internal sealed record MetricReference(EstimatedMetric Metric, double Deviation, double RelevantShare, double LowerThreshold, double UpperThreshold)
{
    /// <summary>Whether a figure is a number of rows, which grows with their number.</summary>
    internal static bool IsCount(EstimatedMetric metric) => metric is >= EstimatedMetric.TruePositive and <= EstimatedMetric.FalseNegative;

    /// <summary>The standard error over a number of rows.</summary>
    /// <param name="rowCount">The number.</param>
    internal double SamplingError(double rowCount)
        => IsCount(Metric) ? Deviation * Math.Sqrt(rowCount) : Deviation / Math.Sqrt(rowCount * RelevantShare);
}
