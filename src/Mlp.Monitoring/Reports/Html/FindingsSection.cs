using Mlp.Monitoring.Figures;
using Mlp.Runtime.Markup;

namespace Mlp.Monitoring.Reports.Html;

/// <summary>What was found wrong.</summary>
internal static class FindingsSection
{
    private const int Shown = 8;

    public static void Write(HtmlBuilder html, MonitoringReport report)
    {
        html.Markup("<section aria-labelledby=\"findings\"><h2 id=\"findings\">Findings</h2>");
        if (report.Findings.Count == 0)
        {
            html.Markup("<p class=\"lead\">No test found anything in these predictions.</p></section>");
            return;
        }

        html.Element("<p class=\"lead\">", Summarise(report.Findings), "</p>").Markup("<ul class=\"findings\">");
        WriteItems(html, report.Findings.Take(Shown));
        html.Markup("</ul>");
        if (report.Findings.Count > Shown)
        {
            html.Markup($"<details><summary>{report.Findings.Count - Shown} more</summary><ul class=\"findings\">");
            WriteItems(html, report.Findings.Skip(Shown));
            html.Markup("</ul></details>");
        }

        html.Markup("</section>");
    }

    private static void WriteItems(HtmlBuilder html, IEnumerable<Finding> findings)
    {
        foreach (var finding in findings)
        {
            html.Markup("<li>").Element("<span><span class=\"tag bad\">", ReportText.Kind(finding.Kind), "</span></span><div>").Element("<p>", finding.Message, "</p>").Element("<p class=\"numbers\">", Numbers(finding), "</p></div></li>");
        }
    }

    private static string Summarise(IReadOnlyList<Finding> findings)
        => string.Join(", ", findings.GroupBy(f => f.Kind).Select(g => $"{ReportText.Kind(g.Key)}: {g.Count()}")) + ".";

    private static string Numbers(Finding finding)
    {
        var parts = new List<string> { $"{finding.Test.Replace('-', ' ')} {ReportText.Number(finding.Statistic)}", $"threshold {ReportText.Number(finding.Threshold)}" };
        if (finding.PValue is { } p)
        {
            parts.Add($"p {ReportText.Chance(p)}");
        }

        if (finding.AdjustedPValue is { } adjusted)
        {
            parts.Add($"corrected for many tests {ReportText.Chance(adjusted)}");
        }

        parts.Add(finding.ReferenceRowCount > 0 ? $"{ReportText.Count(finding.RowCount)} rows against {ReportText.Count(finding.ReferenceRowCount)}" : $"{ReportText.Count(finding.RowCount)} rows");
        return string.Join(" · ", parts);
    }
}
