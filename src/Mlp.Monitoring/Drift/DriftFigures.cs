using Mlp.Monitoring.Figures;

namespace Mlp.Monitoring.Drift;

/// <summary>The figures of a report.</summary>
internal static class DriftFigures
{
    /// <summary>Name of the number of features that have drifted.</summary>
    private const string FeatureCount = "drift.features";

    /// <summary>The names of figures that are about a feature.</summary>
    public static IReadOnlyList<string> OfFeatures { get; } = ["drift.psi", "drift.js_distance", "drift.statistic", "drift.p_value", "drift.missing_share", "drift.unseen_share", "drift.out_of_range_share"];

    /// <summary>The names of all.</summary>
    public static IReadOnlyList<string> Names { get; } = [FeatureCount, .. OfFeatures];

    /// <summary>How many features have drifted, and of each feature its distances and shares; NaN where there are too few rows to say.</summary>
    /// <param name="report">The report.</param>
    /// <param name="minimumRowCount">Rows below which nothing is said.</param>
    public static IEnumerable<Figure> Of(DriftReport report, long minimumRowCount)
    {
        var isEnough = report.RowCount >= minimumRowCount;
        yield return Create(report, null, FeatureCount, isEnough ? report.Features.Count(f => f.Severity >= DriftSeverity.Moderate) : double.NaN, report.RowCount);
        foreach (var feature in report.Features)
        {
            foreach (var (name, value) in Values(feature))
            {
                yield return Create(report, feature.Name, name, feature.RowCount >= minimumRowCount ? value : double.NaN, feature.RowCount);
            }
        }
    }

    private static IEnumerable<(string Name, double Value)> Values(FeatureDrift feature) => OfFeatures.Zip<string, double>(
    [
        feature.PopulationStabilityIndex,
        feature.JensenShannonDistance,
        feature.Statistic,
        feature.AdjustedPValue,
        feature.MissingShare,
        feature.UnseenShare,
        feature.OutOfRangeShare,
    ]);

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
