using System.Globalization;
using System.Text;
using Mlp.Monitoring.Drift;

namespace Mlp.Monitoring.Reports;

/// <summary>
/// Draws a reference beside a window as an SVG element that stands on its own, inline or as a file: bars by shares, with a title and a description for readers of screens. Colours take the page's text
/// colour and, where it defines them, its <c>--mlp-reference</c> and <c>--mlp-current</c>. Pure function.
/// </summary>
internal static class HistogramSvg
{
    private const int BarAreaHeight = 120;
    private const int Top = 22;
    private const int Left = 38;
    private const int LabelHeight = 62;
    private const int MaximumBins = 24;
    private const int MaximumLabelLength = 14;

    /// <summary>Draws.</summary>
    /// <param name="name">Of the feature.</param>
    /// <param name="histogram">What to draw; beyond 24 bins those in the middle are drawn as one.</param>
    public static string Write(string name, DriftHistogram histogram)
    {
        var bins = Shorten(histogram.Bins);
        var step = Math.Clamp(480 / Math.Max(bins.Count, 1), 18, 60);
        var width = Left + (bins.Count * step) + 8;
        var height = Top + BarAreaHeight + LabelHeight;
        var highest = Math.Max(bins.SelectMany(b => new[] { b.ReferenceShare, b.Share }).Where(s => !double.IsNaN(s)).DefaultIfEmpty(0).Max(), 1e-9);
        var svg = new StringBuilder(1024);
        svg.Append(CultureInfo.InvariantCulture, $"<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" ");
        svg.Append("style=\"max-width:100%;height:auto\" font-family=\"system-ui,sans-serif\" font-size=\"9\" fill=\"currentColor\">");
        svg.Append("<title>").Append(Escape($"{name}: reference and current")).Append("</title>");
        svg.Append("<desc>").Append(Escape(Describe(bins))).Append("</desc>");
        AppendLegend(svg);
        AppendAxis(svg, width, highest);
        for (var b = 0; b < bins.Count; b++)
        {
            AppendBin(svg, bins[b], Left + (b * step), step, highest);
        }

        return svg.Append("</svg>").ToString();
    }

    private static void AppendLegend(StringBuilder svg)
        => svg.Append("<rect x=\"38\" y=\"6\" width=\"8\" height=\"8\" style=\"fill:var(--mlp-reference,#8a8f98)\"/><text x=\"50\" y=\"14\">reference</text>")
            .Append("<rect x=\"108\" y=\"6\" width=\"8\" height=\"8\" style=\"fill:var(--mlp-current,#d97706)\"/><text x=\"120\" y=\"14\">current</text>");

    private static void AppendAxis(StringBuilder svg, int width, double highest)
    {
        var bottom = Top + BarAreaHeight;
        svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{Left - 4}\" y=\"{Top + 7}\" text-anchor=\"end\">{highest * 100:0.#} %</text>");
        svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{Left - 4}\" y=\"{bottom}\" text-anchor=\"end\">0</text>");
        svg.Append(CultureInfo.InvariantCulture, $"<path d=\"M{Left} {bottom}H{width - 4}\" stroke=\"currentColor\" stroke-opacity=\".5\"/>");
    }

    private static void AppendBin(StringBuilder svg, DriftBin bin, int x, int step, double highest)
    {
        var bar = (step - 4) / 2;
        svg.Append("<g><title>").Append(Escape(Describe(bin))).Append("</title>");
        AppendBar(svg, x + 1, bar, bin.ReferenceShare / highest, "--mlp-reference,#8a8f98");
        AppendBar(svg, x + 1 + bar, bar, bin.Share / highest, "--mlp-current,#d97706");
        var middle = x + (step / 2);
        var y = Top + BarAreaHeight + 9;
        svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{middle}\" y=\"{y}\" text-anchor=\"end\" transform=\"rotate(-40 {middle} {y})\">");
        svg.Append(Escape(Cut(bin.Label))).Append("</text></g>");
    }

    private static void AppendBar(StringBuilder svg, int x, int width, double height, string colour)
    {
        if (height > 0)
        {
            var pixels = Math.Max(height * BarAreaHeight, 0.5);
            svg.Append(CultureInfo.InvariantCulture, $"<rect x=\"{x}\" y=\"{Top + BarAreaHeight - pixels:0.#}\" width=\"{width}\" height=\"{pixels:0.#}\" style=\"fill:var({colour})\"/>");
        }
    }

    private static IReadOnlyList<DriftBin> Shorten(IReadOnlyList<DriftBin> bins)
    {
        if (bins.Count <= MaximumBins)
        {
            return bins;
        }

        const int tail = 3;
        var middle = bins.Skip(MaximumBins - tail - 1).SkipLast(tail).ToList();
        var joined = new DriftBin(string.Create(CultureInfo.InvariantCulture, $"{middle.Count} more"), middle.Sum(b => b.ReferenceShare), middle.Sum(b => b.Share));
        return [.. bins.Take(MaximumBins - tail - 1), joined, .. bins.TakeLast(tail)];
    }

    private static string Describe(IReadOnlyList<DriftBin> bins) => string.Join("; ", bins.Select(Describe));

    private static string Describe(DriftBin bin) => string.Create(CultureInfo.InvariantCulture, $"{bin.Label}: {bin.ReferenceShare * 100:0.##} % to {bin.Share * 100:0.##} %");

    private static string Cut(string label)
    {
        if (label.Length <= MaximumLabelLength)
        {
            return label;
        }

        var end = MaximumLabelLength - 1;
        return label[..(char.IsHighSurrogate(label[end - 1]) ? end - 1 : end)] + "…";
    }

    // Besides the marks of XML, characters that XML cannot hold at all: a category may contain anything.
    private static string Escape(string text)
    {
        var escaped = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (char.IsHighSurrogate(c) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
            {
                escaped.Append(c).Append(text[++i]);
                continue;
            }

            escaped = c switch
            {
                '&' => escaped.Append("&amp;"),
                '<' => escaped.Append("&lt;"),
                '>' => escaped.Append("&gt;"),
                '"' => escaped.Append("&quot;"),
                '\t' or '\n' or '\r' => escaped.Append(' '),
                < ' ' or (>= '\uD800' and <= '\uDFFF') or '\uFFFE' or '\uFFFF' => escaped.Append('\uFFFD'),
                _ => escaped.Append(c),
            };
        }

        return escaped.ToString();
    }
}
