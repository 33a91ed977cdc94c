using Mlp.Monitoring.Figures;

namespace Mlp.Monitoring.Drift;

/// <summary>The figures of a report.</summary>
internal static class DriftFigures
{
    /// <summary>How many features have drifted, and of each feature its distances and shares; NaN where there are too few rows to say.</summary>
    /// <param name="report">The report.</param>
    /// <param name="minimumRowCount">Rows below which nothing is said.</param>
    public static IEnumerable<Figure> Of(DriftReport report, long minimumRowCount)
    {
        var isEnough = report.RowCount >= minimumRowCount;
        yield return Create(report, null, "drift.features", isEnough ? report.Features.Count(f => f.Severity >= DriftSeverity.Moderate) : double.NaN, report.RowCount);
        foreach (var feature in report.Features)
        {
            foreach (var (name, value) in Values(feature))
            {
                yield return Create(report, feature.Name, name, feature.RowCount >= minimumRowCount ? value : double.NaN, feature.RowCount);
            }
        }
    }

    private static IEnumerable<(string Name, double Value)> Values(FeatureDrift feature) =>
    [
        ("drift.psi", feature.PopulationStabilityIndex),
        ("drift.js_distance", feature.JensenShannonDistance),
        ("drift.statistic", feature.Statistic),
        ("drift.p_value", feature.AdjustedPValue),
        ("drift.missing_share", feature.MissingShare),
        ("drift.unseen_share", feature.UnseenShare),
        ("drift.out_of_range_share", feature.OutOfRangeShare),
    ];

    private static Figure Create(DriftReport report, string? feature, string name, double value, long rowCount) => new()
    {
        Name = name,
        Subject = new(report.Model, report.Version, Feature: feature),
        Value = value,
        RowCount = rowCount,
        From = report.From,
        To = report.To ?? DateTimeOffset.MaxValue,
    };
}
