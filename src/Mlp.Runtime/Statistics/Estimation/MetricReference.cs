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
    /// <summary>Mean of the chunks' realised figures; null in what was written before it was.</summary>
    public double? Mean { get; init; }

    /// <summary>Standard deviation (n) of the chunks' realised figures; null in what was written before it was.</summary>
    public double? ChunkDeviation { get; init; }

    /// <summary>Standard deviation of the figure per row, where it is known better than by <see cref="Deviation"/>: DeLong's of an area, to which both classes add.</summary>
    public double? RowDeviation { get; init; }

    /// <summary>Whether a figure is a number of rows, which grows with their number.</summary>
    internal static bool IsCount(EstimatedMetric metric) => metric is >= EstimatedMetric.TruePositive and <= EstimatedMetric.FalseNegative;

    /// <summary>The standard error over a number of rows.</summary>
    /// <param name="rowCount">The number.</param>
    internal double SamplingError(double rowCount)
        => IsCount(Metric) ? Deviation * Math.Sqrt(rowCount) : Deviation / Math.Sqrt(rowCount * RelevantShare);

    /// <summary>What is ordinary over any number of rows; unknown for a number of rows, which grows with them.</summary>
    /// <param name="rowCount">Rows of the reference.</param>
    /// <param name="chunkSize">Rows of a chunk of it.</param>
    internal OrdinaryValues OrdinaryOf(long rowCount, int chunkSize)
    {
        if (IsCount(Metric))
        {
            return OrdinaryValues.Unknown;
        }

        var row = RowDeviation ?? Deviation / Math.Sqrt(RelevantShare);
        var chunk = row / Math.Sqrt(chunkSize);
        return new(Mean ?? LowerThreshold + (ReferenceThresholds.Deviations * chunk), ChunkDeviation ?? chunk, row, rowCount, chunkSize);
    }
}
