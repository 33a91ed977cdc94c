using Mlp.Monitoring.Reports.Html;
using Mlp.Runtime.Markup;
using Mlp.Runtime.Statistics;

namespace Mlp.Monitoring.Reports.Charts;

/// <summary>What the model said against what happened: on the diagonal it is right. The area of a point grows with its rows.</summary>
internal static class CalibrationChart
{
    private const double Left = 50;
    private const double Top = 10;
    private const double Side = 250;

    public static void Write(HtmlBuilder html, IReadOnlyList<CalibrationBin> bins)
    {
        var filled = bins.Where(b => b.Count > 0).ToList();
        var most = filled.Select(b => b.Count).DefaultIfEmpty(1).Max();
        html.Markup("<svg viewBox=\"0 0 330 310\" role=\"img\" aria-label=\"").Text(Describe(filled)).Markup("\">");
        foreach (var line in new[] { 0, 0.25, 0.5, 0.75, 1 })
        {
            html.Markup($"<path class=\"g\" d=\"M{Left} {Y(line)}h{Side}M{X(line)} {Top}v{Side}\"/>");
            html.Markup($"<text x=\"{Left - 6}\" y=\"{Y(line) + 4}\" text-anchor=\"end\">{line}</text><text x=\"{X(line)}\" y=\"{Top + Side + 16}\" text-anchor=\"middle\">{line}</text>");
        }

        html.Markup($"<path class=\"d\" d=\"M{X(0)} {Y(0)}L{X(1)} {Y(1)}\"/><path class=\"l\" d=\"M");
        filled.ForEach(b => html.Markup($"{X(b.MeanScore)} {Y(b.PositiveShare)} "));
        html.Markup("\"/>");
        foreach (var bin in filled)
        {
            html.Markup($"<circle class=\"c\" cx=\"{X(bin.MeanScore)}\" cy=\"{Y(bin.PositiveShare)}\" r=\"{Math.Round(2.5 + (6 * Math.Sqrt(bin.Count / most)), 1)}\"><title>");
            html.Text($"Said {ReportText.Number(bin.MeanScore)}, happened {ReportText.Number(bin.PositiveShare)}: {ReportText.Count(bin.Count)} rows").Markup("</title></circle>");
        }

        html.Markup($"<text x=\"{Left + (Side / 2)}\" y=\"300\" text-anchor=\"middle\">Probability that the model said</text>");
        html.Markup($"<text x=\"-{Top + (Side / 2)}\" y=\"12\" text-anchor=\"middle\" transform=\"rotate(-90)\">Share that happened</text></svg>");
    }

    private static string Describe(List<CalibrationBin> bins)
        => "Calibration: " + string.Join("; ", bins.Select(b => $"said {ReportText.Number(b.MeanScore)}, happened {ReportText.Number(b.PositiveShare)}")) + ".";

    private static double X(double value) => Math.Round(Left + (Math.Clamp(value, 0, 1) * Side), 1);

    private static double Y(double value) => Math.Round(Top + Side - (Math.Clamp(value, 0, 1) * Side), 1);
}
