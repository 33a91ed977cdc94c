using Mlp.Monitoring.Drift;
using Mlp.Runtime.Markup;

namespace Mlp.Monitoring.Reports.Html;

/// <summary>Missing values, categories that the reference never had, and features that stand still.</summary>
internal static class DataQualitySection
{
    /// <summary>Features that are open at once; the others are a click away.</summary>
    private const int Shown = 20;

    public static void Write(HtmlBuilder html, MonitoringReport report)
    {
        html.Markup("<section aria-labelledby=\"data\"><h2 id=\"data\">Data quality</h2>");
        var features = report.Features.Where(f => !f.IsScore).OrderByDescending(f => f.MissingShare - f.ReferenceMissingShare + f.UnseenShare + f.OutOfRangeShare).ToList();
        if (features.Count == 0)
        {
            html.Markup("<p class=\"lead\">Nothing is known of the features.</p></section>");
            return;
        }

        html.Markup("<p class=\"lead\">Shares of the rows, those that have become worse first.</p>");
        WriteTable(html, features.Take(Shown), "Data quality by feature");
        if (features.Count > Shown)
        {
            html.Markup($"<details><summary>{features.Count - Shown} more</summary>");
            WriteTable(html, features.Skip(Shown), "Data quality of the other features");
            html.Markup("</details>");
        }

        html.Markup("</section>");
    }

    private static void WriteTable(HtmlBuilder html, IEnumerable<FeatureDrift> features, string name)
    {
        html.Element("<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"", name, "\">");
        html.Markup("<table><thead><tr><th scope=\"col\">Feature</th><th scope=\"col\">Missing in the reference</th><th scope=\"col\">Missing now</th><th scope=\"col\">New categories</th><th scope=\"col\">Out of range</th><th scope=\"col\" class=\"text\">Remarks</th></tr></thead><tbody>");
        foreach (var feature in features)
        {
            html.Markup("<tr>").Element("<th scope=\"row\"><bdi>", feature.Name, "</bdi></th>");
            html.Element("<td>", ReportText.Share(feature.ReferenceMissingShare), "</td>").Element("<td>", ReportText.Share(feature.MissingShare), "</td>");
            html.Element("<td>", ReportText.Share(feature.UnseenShare), "</td>").Element("<td>", ReportText.Share(feature.OutOfRangeShare), "</td>").Element("<td class=\"text\">", Remarks(feature), "</td></tr>");
        }

        html.Markup("</tbody></table></div>");
    }

    private static string Remarks(FeatureDrift feature)
        => (feature.IsConstantReference, feature.IsConstant) switch
        {
            (true, true) => "constant, as in the reference",
            (true, false) => "constant in the reference",
            (false, true) => "constant now",
            _ => string.Empty,
        };
}
