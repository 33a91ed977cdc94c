using Mlp.Runtime.Markup;

namespace Mlp.Monitoring.Reports.Charts;

/// <summary>A figure and its interval in a cell of a table, on the scale of the column.</summary>
internal static class IntervalMark
{
    public static void Write(HtmlBuilder html, ReportFigure figure, ChartScale scale, double whole)
    {
        html.Markup("<svg class=\"mark\" viewBox=\"0 0 150 16\" aria-hidden=\"true\"><path class=\"g\" d=\"M0 8H150\"/>");
        if (double.IsFinite(whole))
        {
            html.Markup($"<path class=\"d\" d=\"M{X(whole, scale)} 0V16\"/>");
        }

        if (figure is { Lower: { } lower, Upper: { } upper } && double.IsFinite(lower) && double.IsFinite(upper))
        {
            html.Markup($"<path class=\"w\" d=\"M{X(lower, scale)} 8H{X(upper, scale)}\"/>");
        }

        if (double.IsFinite(figure.Value))
        {
            html.Markup($"<circle class=\"c\" cx=\"{X(figure.Value, scale)}\" cy=\"8\" r=\"4\"/>");
        }

        html.Markup("</svg>");
    }

    private static double X(double value, ChartScale scale) => Math.Round(5 + (scale.Of(value) * 140), 1);
}
