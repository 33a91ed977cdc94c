using Mlp.Monitoring.Reports.Charts;
using Mlp.Runtime.Markup;

namespace Mlp.Monitoring.Reports.Html;

/// <summary>The quality of parts of the traffic beside that of all.</summary>
internal static class SlicesSection
{
    /// <summary>Whether there is something to show.</summary>
    public static bool Has(MonitoringReport report) => report.Slices.Count > 0 && report.Quality.Count > 0;

    public static void Write(HtmlBuilder html, MonitoringReport report)
    {
        if (!Has(report))
        {
            return;
        }

        var main = report.Quality[0];
        var figures = report.Slices.Select(s => Find(s, main.Name)).ToList();
        var scale = ChartScale.Over(figures.Append(main).SelectMany(f => new[] { f.Value, f.Lower ?? f.Value, f.Upper ?? f.Value }));
        html.Markup("<section aria-labelledby=\"slices\"><h2 id=\"slices\">Slices</h2>");
        html.Element("<p class=\"lead\">", $"{ReportText.Title(main.Name)} of parts of the traffic with its 95 % interval; the dashed line is all of it, {ReportText.Figure(main.Value)}.", "</p>");
        html.Markup("<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"Quality by slice\"><table><thead><tr><th scope=\"col\">Slice</th><th scope=\"col\">Labelled</th>");
        html.Element("<th scope=\"col\">", ReportText.Title(main.Name), "</th>").Markup("<th scope=\"col\" class=\"text\">95 % interval</th>");
        foreach (var other in report.Quality.Skip(1).Take(3))
        {
            html.Element("<th scope=\"col\">", ReportText.Title(other.Name), "</th>");
        }

        html.Markup("</tr></thead><tbody>");
        for (var i = 0; i < report.Slices.Count; i++)
        {
            var slice = report.Slices[i];
            html.Markup("<tr>").Element("<th scope=\"row\">", NameOf(slice), "</th>").Element("<td>", ReportText.Count(slice.LabelledCount), "</td>");
            html.Element("<td>", ReportText.Figure(figures[i].Value), "</td>").Markup("<td class=\"text\">");
            IntervalMark.Write(html, figures[i], scale, main.Value);
            html.Markup("</td>");
            foreach (var other in report.Quality.Skip(1).Take(3))
            {
                html.Element("<td>", ReportText.Figure(Find(slice, other.Name).Value), "</td>");
            }

            html.Markup("</tr>");
        }

        html.Markup("</tbody></table></div></section>");
    }

    private static string NameOf(ReportSlice slice) => (slice.Slice, slice.Variant) switch
    {
        ({ } part, { } variant) => $"{part}, {variant}",
        ({ } part, null) => part,
        (null, { } variant) => variant,
        _ => "All",
    };

    private static ReportFigure Find(ReportSlice slice, string name) => slice.Figures.FirstOrDefault(f => f.Name == name) ?? new ReportFigure(name, double.NaN, null, null);
}
