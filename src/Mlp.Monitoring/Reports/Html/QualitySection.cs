using Mlp.Monitoring.Performance;
using Mlp.Monitoring.Reports.Charts;
using Mlp.Runtime.Markup;

namespace Mlp.Monitoring.Reports.Html;

/// <summary>The quality over time, calibration and confusion.</summary>
internal static class QualitySection
{
    private const int ChartCount = 6;

    public static void Write(HtmlBuilder html, MonitoringReport report)
    {
        html.Markup("<section aria-labelledby=\"quality\"><h2 id=\"quality\">Quality</h2>");
        if (report.Quality.Count == 0)
        {
            html.Markup("<p class=\"lead\">No prediction has a label that counts, so nothing can be said of the quality.</p></section>");
            return;
        }

        html.Element(
            "<p class=\"lead\">",
            report.LabelMaturity >= 1
                ? "Every answered prediction has a label."
                : $"{ReportText.Share(report.LabelMaturity)} of the answered predictions have a label by now. Until all have, the figures belong to the outcomes that become known first.",
            "</p>");
        WriteSeries(html, report);
        if (report.Calibration.Count > 0 || report.Confusion is not null)
        {
            html.Markup("<div class=\"grid two\" style=\"margin-top:14px\">");
            WriteCalibration(html, report);
            WriteConfusion(html, report);
            html.Markup("</div>");
        }

        WriteTable(html, report);
        html.Markup("</section>");
    }

    private static void WriteSeries(HtmlBuilder html, MonitoringReport report)
    {
        if (report.Windows.Count < 2)
        {
            return;
        }

        html.Markup("<ul class=\"legend\"><li><i class=\"i-cur\"></i>figure of a window</li><li><i class=\"i-band\"></i>95 % interval</li>");
        html.Markup(report.Windows.Any(w => w.Estimates.Count > 0) ? "<li><i class=\"i-est\"></i>estimated without labels</li></ul><div class=\"grid\">" : "</ul><div class=\"grid\">");
        foreach (var name in report.Quality.Select(f => f.Name).Take(ChartCount))
        {
            var points = report.Windows.Select(w => new SeriesChart.Point(
                w.From, w.To, w.Figures.FirstOrDefault(f => f.Name == name) ?? new ReportFigure(name, double.NaN, null, null), w.LabelledCount, w.Estimates.FirstOrDefault(f => f.Name == name)?.Value ?? double.NaN)).ToList();
            html.Markup("<figure class=\"card\">").Element("<h3>", ReportText.Title(name), "</h3>");
            SeriesChart.Write(html, ReportText.Title(name), points);
            html.Markup("</figure>");
        }

        html.Markup("</div>");
    }

    private static void WriteCalibration(HtmlBuilder html, MonitoringReport report)
    {
        if (report.Calibration.Count == 0)
        {
            return;
        }

        html.Markup("<figure class=\"card\"><h3>Calibration</h3><div style=\"max-width:380px;margin:0 auto\">");
        CalibrationChart.Write(html, report.Calibration);
        html.Markup("</div><figcaption>On the dashed line the model is right. The area of a point grows with its rows.");
        if (report.Quality.FirstOrDefault(f => f.Name == FigureNames.CalibrationError) is { } error)
        {
            html.Text($" Expected calibration error {ReportText.Number(error.Value)}.");
        }

        html.Markup("</figcaption></figure>");
    }

    private static void WriteConfusion(HtmlBuilder html, MonitoringReport report)
    {
        if (report.Confusion is not { } confusion)
        {
            return;
        }

        var (classes, total) = (confusion.Classes, confusion.Counts.Sum());
        html.Markup("<figure class=\"card\"><h3>Confusion</h3><div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"Confusion matrix\" style=\"margin-top:8px;border:0\"><table class=\"confusion\"><thead><tr><th scope=\"col\">True, down; predicted, across</th>");
        classes.ToList().ForEach(c => html.Element("<th scope=\"col\" style=\"text-align:center\">", c, "</th>"));
        html.Markup("</tr></thead><tbody>");
        for (var row = 0; row < classes.Count; row++)
        {
            html.Markup("<tr>").Element("<th scope=\"row\">", classes[row], "</th>");
            for (var column = 0; column < classes.Count; column++)
            {
                var count = confusion.Counts[(row * classes.Count) + column];
                html.Markup(row == column ? "<td class=\"hit\">" : "<td>").Text(ReportText.Count(count)).Element("<span>", ReportText.Share(count / total), "</span></td>");
            }

            html.Markup("</tr>");
        }

        html.Markup("</tbody></table></div><dl class=\"pairs\">");
        foreach (var figure in report.Quality.Where(f => f.Name is FigureNames.Accuracy or FigureNames.Precision or FigureNames.Recall or FigureNames.Specificity or FigureNames.F1 or FigureNames.MacroF1))
        {
            html.Markup("<div>").Element("<dt>", ReportText.Title(figure.Name), "</dt>").Element("<dd>", WithInterval(figure), "</dd></div>");
        }

        html.Markup("</dl>");
        html.Element("<figcaption>", confusion.Threshold is { } threshold ? $"The second class is predicted from a score of {ReportText.Number(threshold)}. Coloured: predicted rightly." : "Coloured: predicted rightly.", "</figcaption></figure>");
    }

    private static void WriteTable(HtmlBuilder html, MonitoringReport report)
    {
        html.Markup("<details><summary>Figures of all windows</summary><div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"Quality by window\"><table><caption>Figures with their 95 % intervals, where known.</caption><thead><tr><th scope=\"col\">Window</th><th scope=\"col\">Predictions</th><th scope=\"col\">Labelled</th>");
        foreach (var figure in report.Quality)
        {
            html.Element("<th scope=\"col\">", ReportText.Title(figure.Name), "</th>");
        }

        html.Markup("</tr></thead><tbody>");
        WriteRow(html, report, "All", report.PredictionCount, report.LabelledCount, report.Quality);
        foreach (var window in report.Windows)
        {
            WriteRow(html, report, $"{ReportText.Time(window.From)} to {ReportText.Time(window.To)}", window.PredictionCount, window.LabelledCount, window.Figures);
        }

        html.Markup("</tbody></table></div></details>");
    }

    private static void WriteRow(HtmlBuilder html, MonitoringReport report, string name, long predictions, long labelled, IReadOnlyList<ReportFigure> figures)
    {
        html.Markup("<tr>").Element("<th scope=\"row\">", name, "</th>").Element("<td>", ReportText.Count(predictions), "</td>").Element("<td>", ReportText.Count(labelled), "</td>");
        foreach (var name2 in report.Quality.Select(f => f.Name))
        {
            html.Element("<td>", figures.FirstOrDefault(f => f.Name == name2) is { } figure ? WithInterval(figure) : "–", "</td>");
        }

        html.Markup("</tr>");
    }

    private static string WithInterval(ReportFigure figure)
        => figure is { Lower: { } lower, Upper: { } upper } && double.IsFinite(lower) ? $"{ReportText.Figure(figure.Value)} ({ReportText.Figure(lower)} to {ReportText.Figure(upper)})" : ReportText.Figure(figure.Value);
}
