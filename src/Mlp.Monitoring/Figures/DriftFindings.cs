using System.Globalization;
using Mlp.Monitoring.Drift;

namespace Mlp.Monitoring.Figures;

/// <summary>What a comparison with the reference found wrong.</summary>
internal static class DriftFindings
{
    /// <summary>A finding per feature that has moved, most moved first.</summary>
    public static IEnumerable<Finding> Of(DriftReport report)
        => report.Features.Where(f => f.Severity >= DriftSeverity.Moderate).Select(f => new Finding
        {
            Kind = FindingKind.Drift,
            Subject = new FigureSubject(report.Model, report.Version, Feature: f.Name),
            Test = "population-stability-index",
            Statistic = f.PopulationStabilityIndex,
            Threshold = Math.Max(DriftComparison.ModerateThreshold, f.NullThreshold),
            ReferenceRowCount = report.ReferenceRowCount,
            RowCount = f.RowCount,
            From = report.From,
            To = report.To,
            Message = string.Create(
                CultureInfo.InvariantCulture,
                $"Expected {(f.IsScore ? "score" : "feature")} '{f.Name}' of model '{report.Model}' version {report.Version} to be distributed as in its reference, but found a population stability index of {f.PopulationStabilityIndex:0.###} above {Math.Max(DriftComparison.ModerateThreshold, f.NullThreshold):0.###} ({f.RowCount:#,0} rows against {report.ReferenceRowCount:#,0})."),
        });
}
