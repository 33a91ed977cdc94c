using Mlp.Monitoring.Figures;

namespace Mlp.Monitoring.Drift;

/// <summary>The figures of a report.</summary>
internal static class DriftFigures
{
    /// <summary>How many features have drifted, and of each feature its distances and shares.</summary>
    public static IEnumerable<Figure> Of(DriftReport report)
    {
        yield return Create(report, null, "drift.features", report.Features.Count(f => f.Severity >= DriftSeverity.Moderate), report.RowCount);
        foreach (var feature in report.Features)
        {
            yield return Create(report, feature.Name, "drift.psi", feature.PopulationStabilityIndex, feature.RowCount);
            yield return Create(report, feature.Name, "drift.js_distance", feature.JensenShannonDistance, feature.RowCount);
            yield return Create(report, feature.Name, "drift.statistic", feature.Statistic, feature.RowCount);
            yield return Create(report, feature.Name, "drift.p_value", feature.AdjustedPValue, feature.RowCount);
            yield return Create(report, feature.Name, "drift.missing_share", feature.MissingShare, feature.RowCount);
            yield return Create(report, feature.Name, "drift.unseen_share", feature.UnseenShare, feature.RowCount);
            yield return Create(report, feature.Name, "drift.out_of_range_share", feature.OutOfRangeShare, feature.RowCount);
        }
    }

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
