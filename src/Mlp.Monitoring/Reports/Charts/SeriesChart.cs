using Mlp.Monitoring.Reports.Html;
using Mlp.Runtime.Markup;

namespace Mlp.Monitoring.Reports.Charts;

/// <summary>A figure over time with its confidence intervals as a band.</summary>
internal static class SeriesChart
{
    private const int Width = 360;
    private const int Height = 178;
    private const double Left = 46;
    private const double Right = 352;
    private const double Top = 10;
    private const double Bottom = 150;

    /// <summary>A point.</summary>
    /// <param name="From">Start of its window.</param>
    /// <param name="To">End of its window.</param>
    /// <param name="Figure">The figure.</param>
    /// <param name="RowCount">Labelled rows behind it.</param>
    /// <param name="Estimate">The figure as it is estimated without labels; NaN where it is not.</param>
    internal sealed record Point(DateTimeOffset From, DateTimeOffset To, ReportFigure Figure, long RowCount, double Estimate);

    public static void Write(HtmlBuilder html, string title, IReadOnlyList<Point> points)
    {
        var usable = points.Where(p => double.IsFinite(p.Figure.Value)).ToList();
        var scale = ChartScale.Over(usable.SelectMany(p => new[] { p.Figure.Value, p.Figure.Lower ?? p.Figure.Value, p.Figure.Upper ?? p.Figure.Value }).Concat(points.Select(p => p.Estimate)));
        html.Markup($"<svg viewBox=\"0 0 {Width} {Height}\" role=\"img\" aria-label=\"").Text(Describe(title, usable)).Markup("\">");
        foreach (var line in scale.Lines)
        {
            var y = Y(line, scale);
            html.Markup($"<path class=\"g\" d=\"M{Left} {y}H{Right}\"/><text x=\"{Left - 6}\" y=\"{y + 4}\" text-anchor=\"end\">").Text(scale.Label(line)).Markup("</text>");
        }

        if (points.Count > 0)
        {
            var (first, range) = (points[0].From, points[^1].To - points[0].From);
            WriteTimes(html, points, range);
            WriteRuns(html, points, scale, p => X(p, first, range));
            WriteEstimates(html, points, scale, p => X(p, first, range));
        }

        html.Markup("</svg>");
    }

    /// <summary>Windows without a figure part the line.</summary>
    private static void WriteRuns(HtmlBuilder html, IReadOnlyList<Point> points, ChartScale scale, Func<Point, double> x)
    {
        for (var start = 0; start < points.Count;)
        {
            var run = points.Skip(start).TakeWhile(p => double.IsFinite(p.Figure.Value)).ToList();
            if (run.Count > 1)
            {
                WriteBand(html, run.Where(p => p.Figure is { Lower: not null, Upper: not null }).ToList(), scale, x);
                html.Markup("<path class=\"l\" d=\"M");
                run.ForEach(p => html.Markup($"{x(p)} {Y(p.Figure.Value, scale)} "));
                html.Markup("\"/>");
            }

            start += run.Count + 1;
        }

        foreach (var point in points.Where(p => double.IsFinite(p.Figure.Value)))
        {
            html.Markup($"<circle class=\"c\" cx=\"{x(point)}\" cy=\"{Y(point.Figure.Value, scale)}\" r=\"3\"><title>").Text(Describe(point)).Markup("</title></circle>");
        }
    }

    private static void WriteEstimates(HtmlBuilder html, IReadOnlyList<Point> points, ChartScale scale, Func<Point, double> x)
    {
        var estimated = points.Where(p => double.IsFinite(p.Estimate)).ToList();
        if (estimated.Count > 1)
        {
            html.Markup("<path class=\"e\" d=\"M");
            estimated.ForEach(p => html.Markup($"{x(p)} {Y(p.Estimate, scale)} "));
            html.Markup("\"/>");
        }
    }

    private static void WriteBand(HtmlBuilder html, List<Point> points, ChartScale scale, Func<Point, double> x)
    {
        if (points.Count < 2)
        {
            return;
        }

        html.Markup("<path class=\"b\" d=\"M");
        points.ForEach(p => html.Markup($"{x(p)} {Y(p.Figure.Upper!.Value, scale)} "));
        points.Reverse();
        points.ForEach(p => html.Markup($"{x(p)} {Y(p.Figure.Lower!.Value, scale)} "));
        html.Markup("Z\"/>");
    }

    private static void WriteTimes(HtmlBuilder html, IReadOnlyList<Point> points, TimeSpan range)
    {
        html.Markup($"<path class=\"a\" d=\"M{Left} {Bottom}H{Right}\"/><text x=\"{Left}\" y=\"{Height - 10}\">").Text(ReportText.ShortTime(points[0].From, range));
        html.Markup($"</text><text x=\"{Right}\" y=\"{Height - 10}\" text-anchor=\"end\">").Text(ReportText.ShortTime(points[^1].To, range)).Markup("</text>");
    }

    private static string Describe(string title, List<Point> points)
        => points.Count == 0
            ? $"{title}: no window has labels."
            : $"{title} by window: from {ReportText.Number(points[0].Figure.Value)} to {ReportText.Number(points[^1].Figure.Value)}, least {ReportText.Number(points.Min(p => p.Figure.Value))}, greatest {ReportText.Number(points.Max(p => p.Figure.Value))}; the table below has the numbers.";

    private static string Describe(Point point)
        => $"{ReportText.Time(point.From)} to {ReportText.Time(point.To)}: {ReportText.Number(point.Figure.Value)}{(point.Figure is { Lower: { } lower, Upper: { } upper } ? $" ({ReportText.Number(lower)} to {ReportText.Number(upper)})" : string.Empty)}, {ReportText.Count(point.RowCount)} labelled";

    private static double X(Point point, DateTimeOffset first, TimeSpan range)
        => Math.Round(Left + ((Right - Left) * ((point.From - first) + ((point.To - point.From) / 2)) / range), 1);

    private static double Y(double value, ChartScale scale) => Math.Round(Bottom - (scale.Of(value) * (Bottom - Top)), 1);
}
