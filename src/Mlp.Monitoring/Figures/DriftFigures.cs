using Mlp.Monitoring.Drift;

namespace Mlp.Monitoring.Figures;

/// <summary>The drift of the recent windows.</summary>
internal sealed class DriftFigures(DriftDetector detector, DriftConfiguration configuration, TimeProvider timeProvider) : IFigureSource
{
    public IEnumerable<Figure> Latest => detector.Recent.SelectMany(FiguresOf);

    public IEnumerable<Finding> Findings => detector.Recent.SelectMany(r => DriftFindings.Of(r));

    private IEnumerable<Figure> FiguresOf(DriftReport report)
    {
        yield return Of(report, null, "drift.features", report.Features.Count(f => f.Severity >= DriftSeverity.Moderate), report.RowCount);
        foreach (var feature in report.Features)
        {
            yield return Of(report, feature.Name, "drift.psi", feature.PopulationStabilityIndex, feature.RowCount);
            yield return Of(report, feature.Name, "drift.js_distance", feature.JensenShannonDistance, feature.RowCount);
            yield return Of(report, feature.Name, "drift.missing_share", feature.MissingShare, feature.RowCount);
            yield return Of(report, feature.Name, "drift.unseen_share", feature.UnseenShare, feature.RowCount);
        }
    }

    private Figure Of(DriftReport report, string? feature, string name, double value, long rowCount) => new()
    {
        Name = name,
        Subject = new FigureSubject(report.Model, report.Version, Feature: feature),
        Value = value,
        RowCount = rowCount,
        From = timeProvider.GetUtcNow() - configuration.Window,
        To = timeProvider.GetUtcNow(),
    };
}
