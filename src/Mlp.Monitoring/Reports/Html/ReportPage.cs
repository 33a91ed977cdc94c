using Mlp.Monitoring.Drift;
using Mlp.Monitoring.Performance;
using Mlp.Runtime.Markup;

namespace Mlp.Monitoring.Reports.Html;

/// <summary>The page of a report: what was found first, then quality, drift and data.</summary>
internal static class ReportPage
{
    public static string Render(MonitoringReport report)
    {
        var html = new HtmlBuilder();
        html.Markup("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">");

        // Nothing may be loaded, whatever a name in the report looks like.
        html.Markup("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:\"><link rel=\"icon\" href=\"data:,\">");
        html.Element("<title>", $"{report.Model} version {report.Version}: monitoring report", "</title>").Markup("<style>").Markup(ReportStyle.Sheet).Markup("</style></head><body><div class=\"page\">");
        WriteHead(html, report);
        html.Markup("<main>");
        FindingsSection.Write(html, report);
        QualitySection.Write(html, report);
        SlicesSection.Write(html, report);
        DriftSection.Write(html, report);
        DataQualitySection.Write(html, report);
        html.Markup("</main>");
        WriteFoot(html, report);
        return html.Markup("</div></body></html>\n").ToString();
    }

    private static void WriteHead(HtmlBuilder html, MonitoringReport report)
    {
        html.Markup("<header><div class=\"head\"><div><p class=\"eyebrow\">Monitoring report</p>").Element("<h1>", report.Model, "</h1>").Markup($"<p class=\"sub\">Version {report.Version}");
        if (report is { FirstRequestAt: { } first, LastRequestAt: { } last })
        {
            html.Text($", predictions from {ReportText.Time(first)} to {ReportText.Time(last)} UTC");
        }

        html.Markup("</p></div>");
        var (word, text) = report.Findings.Count switch { 0 => ("ok", "Nothing found"), 1 => ("bad", "1 finding"), var n => ("bad", $"{ReportText.Count(n)} findings") };
        html.Markup($"<p class=\"verdict {new MarkupWord(word)}\">").Text(text).Markup("</p></div><dl class=\"tiles\">");
        Tile(html, "Predictions", ReportText.Count(report.PredictionCount), report.Log is { Dropped: > 0 } log ? $"{ReportText.Count(log.Dropped)} dropped by the log" : "in the log");
        Tile(html, "With a label", ReportText.Share(report.LabelMaturity), $"{ReportText.Count(report.LabelledCount)} labelled");
        foreach (var figure in report.Quality.Where(f => double.IsFinite(f.Value)).Take(3))
        {
            Tile(html, ReportText.Title(figure.Name), ReportText.Number(figure.Value), IntervalOf(figure));
        }

        if (report.Features.Count > 0)
        {
            var drifted = report.Features.Count(f => f.Severity >= DriftSeverity.Moderate);
            Tile(html, "Distributions moved", $"{drifted} of {report.Features.Count}", "features and score");
        }

        html.Markup("</dl><nav aria-label=\"Sections\"><ul>");
        foreach (var (anchor, name) in new[] { ("findings", "Findings"), ("quality", "Quality"), ("slices", "Slices"), ("drift", "Drift"), ("data", "Data quality") })
        {
            if (anchor != "slices" || SlicesSection.Has(report))
            {
                html.Markup($"<li><a href=\"#{new MarkupWord(anchor)}\">").Text(name).Markup("</a></li>");
            }
        }

        html.Markup("</ul></nav></header>");
    }

    private static void Tile(HtmlBuilder html, string title, string value, string sub)
        => html.Markup("<div class=\"tile\">").Element("<dt>", title, "</dt>").Element("<dd>", value, string.Empty).Element("<span class=\"sub\">", sub, "</span></dd></div>");

    private static string IntervalOf(ReportFigure figure)
        => figure is { Lower: { } lower, Upper: { } upper } ? $"95 %: {ReportText.Number(lower)} to {ReportText.Number(upper)}" : "all windows together";

    private static void WriteFoot(HtmlBuilder html, MonitoringReport report)
    {
        html.Markup("<footer>");
        foreach (var note in report.Notes)
        {
            html.Element("<p>", note, "</p>");
        }

        html.Element("<p>", $"Made on {ReportText.Time(report.CreatedAt)} UTC from the prediction log. This file loads nothing and holds aggregates only: no row of the log is in it. Times are UTC; intervals are 95 % confidence intervals.", "</p></footer>");
    }
}
