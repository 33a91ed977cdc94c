using Mlp.Monitoring.Drift;
using Mlp.Runtime.Markup;

namespace Mlp.Monitoring.Reports.Html;

/// <summary>The features and the score against the reference, with a histogram each.</summary>
internal static class DriftSection
{
    /// <summary>Histograms that are open at once; the others are a click away.</summary>
    private const int Shown = 12;

    public static void Write(HtmlBuilder html, MonitoringReport report)
    {
        html.Markup("<section aria-labelledby=\"drift\"><h2 id=\"drift\">Drift</h2>");
        if (report.Features.Count == 0)
        {
            html.Markup("<p class=\"lead\">Nothing could be compared with a reference.</p></section>");
            return;
        }

        html.Element(
            "<p class=\"lead\">",
            $"Each feature and the score against the reference of {ReportText.Count(report.Drift!.ReferenceRowCount)} rows that was published with the version, most moved first. Bins come from the reference: deciles, or categories.",
            "</p>");
        html.Markup("<ul class=\"legend\"><li><i class=\"i-ref\"></i>reference</li><li><i class=\"i-cur\"></i>now</li></ul>");
        WriteCards(html, report.Features.Take(Shown));
        if (report.Features.Count > Shown)
        {
            html.Markup($"<details><summary>{report.Features.Count - Shown} more</summary>");
            WriteCards(html, report.Features.Skip(Shown));
            html.Markup("</details>");
        }

        WriteTable(html, report);
        WriteVector(html, report.Drift!.Vector);
        if (report.Drift!.NotCompared.Count > 0)
        {
            html.Element("<p class=\"note\" style=\"margin-top:12px\">", $"Not compared: {string.Join(", ", report.Drift!.NotCompared)}.", "</p>");
        }

        html.Markup("</section>");
    }

    private static void WriteCards(HtmlBuilder html, IEnumerable<FeatureDrift> features)
    {
        html.Markup("<div class=\"grid\">");
        foreach (var feature in features)
        {
            html.Markup("<figure class=\"card\"><div class=\"cardhead\"><h3>").Element("<bdi>", feature.IsScore ? $"{feature.Name} (score)" : feature.Name, "</bdi></h3>");
            html.Markup($"<span class=\"tag {ReportText.VerdictClass(feature.Severity)}\">").Text(TagOf(feature)).Markup("</span></div>");
            html.Element("<p class=\"meta\">", MetaOf(feature), "</p>");
            html.Markup(feature.Histogram is { } histogram ? HistogramSvg.Write(feature.Name, histogram) : string.Empty);
            html.Markup("</figure>");
        }

        html.Markup("</div>");
    }

    private static string MetaOf(FeatureDrift feature)
    {
        var psi = $"PSI {ReportText.Number(feature.PopulationStabilityIndex)}";
        var second = feature.Method == DriftMethod.PopulationStabilityIndex ? $"Jensen-Shannon {ReportText.Number(feature.JensenShannonDistance)}" : $"{ReportText.Method(feature.Method)} {ReportText.Number(feature.Statistic)}";
        return double.IsNaN(feature.AdjustedPValue) ? $"{psi} · {second}" : $"{psi} · {second} · p {ReportText.Chance(feature.AdjustedPValue)}";
    }

    private static string TagOf(FeatureDrift feature) => feature.Severity switch
    {
        DriftSeverity.Major => "Moved much",
        DriftSeverity.Moderate => "Moved",
        DriftSeverity.None => "Stable",
        _ => "Undetermined",
    };

    private static void WriteVector(HtmlBuilder html, IReadOnlyList<VectorDrift> tests)
    {
        if (tests.Count == 0)
        {
            return;
        }

        html.Markup("<h3 style=\"margin:22px 0 8px\">The whole vector</h3><div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"Drift of the whole vector\"><table><thead><tr><th scope=\"col\">Test</th><th scope=\"col\" class=\"text\">Drift</th><th scope=\"col\">Statistic</th><th scope=\"col\">Threshold</th><th scope=\"col\">p</th><th scope=\"col\">Rows</th></tr></thead><tbody>");
        foreach (var test in tests)
        {
            html.Markup("<tr>").Element("<th scope=\"row\">", test.Test.Replace('-', ' '), "</th>").Markup(test.IsDrifted ? "<td class=\"text\"><span class=\"tag bad\">Moved</span></td>" : "<td class=\"text\"><span class=\"tag ok\">Stable</span></td>");
            html.Element("<td>", ReportText.Number(test.Statistic), "</td>").Element("<td>", test.LowerThreshold is { } lower ? $"{ReportText.Number(lower)} to {ReportText.Number(test.Threshold)}" : ReportText.Number(test.Threshold), "</td>");
            html.Element("<td>", ReportText.Chance(test.AdjustedPValue ?? double.NaN), "</td>").Element("<td>", $"{ReportText.Count(test.RowCount)} against {ReportText.Count(test.ReferenceRowCount)}", "</td></tr>");
        }

        html.Markup("</tbody></table></div>");
    }

    private static void WriteTable(HtmlBuilder html, MonitoringReport report)
    {
        html.Markup("<details><summary>All numbers</summary><div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"Drift by feature\"><table><caption>PSI: population stability index. Statistic: the distance that the verdict goes by. p: the chance of such a distance without any drift, corrected for the number of features.</caption><thead><tr><th scope=\"col\">Feature</th><th scope=\"col\" class=\"text\">Drift</th><th scope=\"col\">PSI</th><th scope=\"col\" class=\"text\">Test</th><th scope=\"col\">Statistic</th><th scope=\"col\">Threshold</th><th scope=\"col\">p</th><th scope=\"col\">Jensen-Shannon</th><th scope=\"col\">Rows</th></tr></thead><tbody>");
        foreach (var feature in report.Features)
        {
            html.Markup("<tr>").Element("<th scope=\"row\"><bdi>", feature.Name, "</bdi></th>").Markup($"<td class=\"text\"><span class=\"tag {ReportText.VerdictClass(feature.Severity)}\">").Text(ReportText.Verdict(feature.Severity)).Markup("</span></td>");
            html.Element("<td>", ReportText.Number(feature.PopulationStabilityIndex), "</td>").Element("<td class=\"text\">", ReportText.Method(feature.Method), "</td>");
            html.Element("<td>", ReportText.Number(feature.Statistic), "</td>").Element("<td>", ReportText.Number(feature.Threshold), "</td>").Element("<td>", ReportText.Chance(feature.AdjustedPValue), "</td>");
            html.Element("<td>", ReportText.Number(feature.JensenShannonDistance), "</td>").Element("<td>", ReportText.Count(feature.RowCount), "</td></tr>");
        }

        html.Markup("</tbody></table></div></details>");
    }
}
