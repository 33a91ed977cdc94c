using System.Globalization;
using System.Text;
using Mlp.Monitoring.Drift;
using Mlp.Runtime.Markup;

namespace Mlp.Monitoring.Reports;

/// <summary>
/// Draws a reference beside a window as an SVG element that stands on its own, inline or as a file: the reference as wide bars, the window as narrow ones before them, with a title and a description for
/// readers of screens. Colours take the page's text colour and, where it defines them, its <c>--mlp-reference</c> and <c>--mlp-current</c>. Pure function.
/// </summary>
internal static class HistogramSvg
{
    private const int Width = 340;
    private const int Height = 128;
    private const int Top = 12;
    private const int Bottom = 104;
    private const int Left = 44;
    private const double Gap = 10;
    private const double WordWidth = 51;
    private const double CharacterWidth = 6.3;
    private const int MaximumBins = 24;
    private const int ShortenedTail = 3;

    private static readonly string[] WithoutValue = ["other", "unseen", "missing"];

    /// <summary>Draws.</summary>
    /// <param name="name">Of the feature.</param>
    /// <param name="histogram">What to draw; beyond 24 bins those in the middle are drawn as one.</param>
    public static string Write(string name, DriftHistogram histogram)
    {
        var bins = Shorten(histogram.Bins);
        var values = bins.Count - bins.Reverse().TakeWhile(b => WithoutValue.Contains(b.Label, StringComparer.Ordinal)).Count();
        var layout = Layout.Of(values, bins.Count);
        var highest = Math.Max(bins.SelectMany(b => new[] { b.ReferenceShare, b.Share }).Where(double.IsFinite).DefaultIfEmpty(0).Max(), 1e-9);

        var html = new HtmlBuilder();
        html.Markup($"<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" viewBox=\"0 0 {Width} {Height}\" style=\"width:100%;max-width:{2 * Width}px;height:auto\" font-family=\"system-ui,sans-serif\" font-size=\"11\" fill=\"currentColor\">");
        html.Element("<title>", $"{name}: reference and current", "</title>").Element("<desc>", string.Join("; ", bins.Select(Describe)), "</desc>");
        WriteAxis(html, highest);
        WriteBars(html, bins, layout, highest, "--mlp-reference,#8a8f98", 0.84, 60, b => b.ReferenceShare);
        WriteBars(html, bins, layout, highest, "--mlp-current,#2459d3", 0.44, 32, b => b.Share);
        WriteNames(html, bins, layout);
        WriteLabels(html, bins, layout, isNumeric: bins.Count > 0 && (bins[0].Label == "all" || bins[0].Label.StartsWith("< ", StringComparison.Ordinal)));
        return html.Markup("</svg>").ToString();
    }

    private static void WriteAxis(HtmlBuilder html, double highest)
    {
        html.Markup($"<text x=\"{Left - 6}\" y=\"{Top + 4}\" text-anchor=\"end\">").Text(string.Create(CultureInfo.InvariantCulture, $"{highest * 100:0.#} %")).Markup("</text>");
        html.Markup($"<path d=\"M{Left} {Top}H{Width}M{Left} {(Top + Bottom) / 2}H{Width}\" stroke=\"currentColor\" stroke-opacity=\".12\"/>");
        html.Markup($"<path d=\"M{Left} {Bottom}H{Width}\" stroke=\"currentColor\" stroke-opacity=\".45\"/>");
    }

    /// <summary>All bars of one side are one path.</summary>
    private static void WriteBars(
        HtmlBuilder html, IReadOnlyList<DriftBin> bins, Layout layout, double highest, string colour, double share, double widest, Func<DriftBin, double> value)
    {
        html.Markup("<path style=\"fill:var(").Markup(colour).Markup(")\" d=\"");
        for (var b = 0; b < bins.Count; b++)
        {
            if (value(bins[b]) is > 0 and var part)
            {
                var width = Round(Math.Min(layout.StepOf(b) * share, widest));
                var height = Round(Math.Max(part / highest * (Bottom - Top), 0.6));
                html.Markup($"M{Round(layout.Middle(b) - (width / 2))} {Bottom}v{-height}h{width}v{height}z");
            }
        }

        html.Markup("\"/>");
    }

    /// <summary>The numbers of a bin are shown where the pointer rests on it.</summary>
    private static void WriteNames(HtmlBuilder html, IReadOnlyList<DriftBin> bins, Layout layout)
    {
        html.Markup("<g fill-opacity=\"0\">");
        for (var b = 0; b < bins.Count; b++)
        {
            html.Markup($"<rect x=\"{Round(layout.Middle(b) - (layout.StepOf(b) / 2))}\" y=\"{Top}\" width=\"{Round(layout.StepOf(b))}\" height=\"{Bottom - Top}\">").Element("<title>", Describe(bins[b]), "</title></rect>");
        }

        html.Markup("</g>");
    }

    /// <summary>Intervals have names at both ends only; categories as far as there is room.</summary>
    private static void WriteLabels(HtmlBuilder html, IReadOnlyList<DriftBin> bins, Layout layout, bool isNumeric)
    {
        html.Markup("<g>");
        for (var b = 0; b < bins.Count; b++)
        {
            var isEnd = isNumeric && b < layout.ValueCount && layout.ValueCount > 1;
            if (isEnd && b > 0 && b < layout.ValueCount - 1)
            {
                continue;
            }

            var room = (int)((isEnd ? layout.ValueCount / 2.0 : 1) * layout.StepOf(b) / CharacterWidth - 0.5);
            if (room < 3)
            {
                continue;
            }

            var (anchor, x) = !isEnd ? ("middle", layout.Middle(b)) : b == 0 ? ("start", Left) : ("end", layout.Middle(b) + (layout.StepOf(b) / 2));
            html.Markup($"<text x=\"{Round(x)}\" y=\"{Height - 8}\" text-anchor=\"{new MarkupWord(anchor)}\">").Text(Cut(bins[b].Label, room)).Markup("</text>");
        }

        html.Markup("</g>");
    }

    private static IReadOnlyList<DriftBin> Shorten(IReadOnlyList<DriftBin> bins)
    {
        if (bins.Count <= MaximumBins)
        {
            return bins;
        }

        var middle = bins.Skip(MaximumBins - ShortenedTail - 1).SkipLast(ShortenedTail).ToList();
        var joined = new DriftBin(string.Create(CultureInfo.InvariantCulture, $"{middle.Count} more"), middle.Sum(b => b.ReferenceShare), middle.Sum(b => b.Share));
        return [.. bins.Take(MaximumBins - ShortenedTail - 1), joined, .. bins.TakeLast(ShortenedTail)];
    }

    private static string Describe(DriftBin bin) => $"{bin.Label}: {Percent(bin.ReferenceShare)} to {Percent(bin.Share)}";

    private static string Percent(double share) => string.Create(CultureInfo.InvariantCulture, $"{share * 100:0.##} %");

    private static string Cut(string label, int room)
    {
        var text = new StringBuilder();
        foreach (var rune in label.EnumerateRunes())
        {
            if (text.Length >= room - 1 && label.Length > room)
            {
                return text.Append('…').ToString();
            }

            text.Append(rune.ToString());
        }

        return text.ToString();
    }

    private static double Round(double value) => Math.Round(value, 1);

    /// <summary>Where bins stand. Those of what is no value stand apart, wide enough for their words.</summary>
    /// <param name="ValueCount">Bins of values.</param>
    /// <param name="ValueStep">Width of such a bin with the room beside it.</param>
    /// <param name="WordStep">The same of the others.</param>
    /// <param name="Gap">Between the two.</param>
    private readonly record struct Layout(int ValueCount, double ValueStep, double WordStep, double Gap)
    {
        public static Layout Of(int valueCount, int count)
        {
            var words = count - valueCount;
            if (valueCount == 0 || words == 0)
            {
                var step = (double)(Width - Left) / Math.Max(count, 1);
                return new Layout(valueCount, step, step, 0);
            }

            var even = (Width - Left - HistogramSvg.Gap) / count;
            var wide = Math.Max(even, WordWidth);
            return new Layout(valueCount, (Width - Left - HistogramSvg.Gap - (words * wide)) / valueCount, wide, HistogramSvg.Gap);
        }

        public double StepOf(int bin) => bin < ValueCount ? ValueStep : WordStep;

        public double Middle(int bin)
            => bin < ValueCount ? Left + ((bin + 0.5) * ValueStep) : Left + (ValueCount * ValueStep) + Gap + ((bin - ValueCount + 0.5) * WordStep);
    }
}
