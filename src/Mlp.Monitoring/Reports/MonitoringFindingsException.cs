using System.Globalization;
using System.Text;
using Mlp.Monitoring.Figures;
using Mlp.Runtime;

namespace Mlp.Monitoring.Reports;

/// <summary>A report has findings where none were wanted.</summary>
public sealed class MonitoringFindingsException : MlPlatformException
{
    private const int MaximumCount = 50;

    internal MonitoringFindingsException(MonitoringReport report, IReadOnlyList<Finding> findings)
        : base(Describe(report, findings))
        => Findings = findings;

    /// <summary>What was found.</summary>
    public IReadOnlyList<Finding> Findings { get; }

    private static string Describe(MonitoringReport report, IReadOnlyList<Finding> findings)
    {
        var text = new StringBuilder().Append(
            CultureInfo.InvariantCulture, $"Expected no findings in the report of model '{report.Model}' version {report.Version}, but found {findings.Count}:");
        foreach (var finding in findings.Take(MaximumCount))
        {
            text.Append('\n').Append("- ").Append(finding.Message);
        }

        return findings.Count > MaximumCount ? text.Append(CultureInfo.InvariantCulture, $"\n- and {findings.Count - MaximumCount} more.").ToString() : text.ToString();
    }
}
