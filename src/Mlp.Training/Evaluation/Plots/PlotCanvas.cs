using System.Text;
using Mlp.Runtime.Markup;

namespace Mlp.Training.Evaluation.Plots;

/// <summary>Draws one plot: title, axes, series and legend. Not thread-safe.</summary>
internal sealed class PlotCanvas
{
    private const double Width = 560;
    private const double Right = 536;
    private const double Top = 52;
    private const double LegendRow = 18;

    private readonly HtmlBuilder _html = new();
    private readonly string _title;
    private readonly string _description;
    private readonly double _left;
    private readonly double _bottom;
    private readonly ChartScale _x;
    private readonly ChartScale _y;

    /// <summary>Begins a plot.</summary>
    /// <param name="title">What it shows.</param>
    /// <param name="description">What is to be seen, for those who do not see it.</param>
    /// <param name="x">The scale from left to right.</param>
    /// <param name="y">The scale from bottom to top.</param>
    /// <param name="left">Room for the labels of the vertical axis.</param>
    /// <param name="height">Height of the part between the axes.</param>
    /// <param name="legend">Names of the series; none for no legend.</param>
    public PlotCanvas(string title, string description, ChartScale x, ChartScale y, double left = 66, double height = 300, IReadOnlyList<string>? legend = null)
    {
        (_title, _description, _x, _y, _left, _bottom) = (title, description, x, y, left, Top + height);
        var total = _bottom + 58 + (LegendRow * (legend?.Count ?? 0));
        _html.Markup($"<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"mlp-plot\" role=\"img\" viewBox=\"0 0 {Width} {total}\" width=\"{Width}\" height=\"{total}\" font-family=\"system-ui,sans-serif\" font-size=\"12\">");
        _html.Element("<title>", title, "</title>").Element("<desc>", description, "</desc>").Markup(PlotStyle.Element);
        _html.Markup($"<rect class=\"p\" width=\"{Width}\" height=\"{total}\"/><text x=\"{Width / 2}\" y=\"26\" text-anchor=\"middle\" font-size=\"15\" font-weight=\"600\">").Text(Cut(title, 70)).Markup("</text>");
        for (var i = 0; i < (legend?.Count ?? 0); i++)
        {
            var y0 = _bottom + 62 + (LegendRow * i);
            _html.Markup($"<path class=\"s{i % PlotStyle.SeriesCount}\" stroke-width=\"2.5\" d=\"M{_left} {y0 - 4}h28\"/><text x=\"{_left + 36}\" y=\"{y0}\">").Text(Cut(legend![i], 66)).Markup("</text>");
        }
    }

    public HtmlBuilder Html => _html;

    public double Left => _left;

    /// <summary>Draws grid and numbers of both axes.</summary>
    public PlotCanvas Axes(string xName, string yName, bool hasVerticalGrid = true)
    {
        foreach (var line in _y.Lines)
        {
            _html.Markup($"<path class=\"g\" d=\"M{_left} {Y(line)}H{Right}\"/><text x=\"{_left - 8}\" y=\"{Y(line) + 4}\" text-anchor=\"end\">").Text(_y.Label(line)).Markup("</text>");
        }

        XAxis(xName, hasVerticalGrid);
        var middle = (Top + _bottom) / 2;
        _html.Markup($"<text class=\"m\" x=\"{-middle}\" y=\"18\" text-anchor=\"middle\" transform=\"rotate(-90)\">").Text(Cut(yName, 48)).Markup("</text>");
        return this;
    }

    /// <summary>Draws the horizontal axis alone.</summary>
    public PlotCanvas XAxis(string name, bool hasGrid)
    {
        foreach (var line in _x.Lines)
        {
            if (hasGrid)
            {
                _html.Markup($"<path class=\"g\" d=\"M{X(line)} {Top}V{_bottom}\"/>");
            }

            _html.Markup($"<text x=\"{X(line)}\" y=\"{_bottom + 18}\" text-anchor=\"middle\">").Text(_x.Label(line)).Markup("</text>");
        }

        _html.Markup($"<path class=\"a\" d=\"M{_left} {Top}V{_bottom}H{Right}\"/><text class=\"m\" x=\"{Round((_left + Right) / 2)}\" y=\"{_bottom + 40}\" text-anchor=\"middle\">").Text(Cut(name, 64)).Markup("</text>");
        return this;
    }

    /// <summary>Draws a line; points that fall on one pixel are one.</summary>
    public PlotCanvas Line(int series, IEnumerable<(double X, double Y)> points)
    {
        _html.Markup($"<path class=\"s{series % PlotStyle.SeriesCount}\" stroke-width=\"2.2\" stroke-linejoin=\"round\" d=\"M");
        WritePoints(points);
        _html.Markup("\"/>");
        return this;
    }

    /// <summary>Draws a dashed line that is there to compare with.</summary>
    public PlotCanvas Reference(double x1, double y1, double x2, double y2)
    {
        _html.Markup($"<path class=\"d\" d=\"M{X(x1)} {Y(y1)}L{X(x2)} {Y(y2)}\"/>");
        return this;
    }

    /// <summary>Draws the area between two lines.</summary>
    public PlotCanvas Band(int series, IReadOnlyList<(double X, double Low, double High)> points)
    {
        _html.Markup($"<path class=\"f{series % PlotStyle.SeriesCount}\" style=\"fill-opacity:.16\" d=\"M");
        WritePoints(points.Select(p => (p.X, p.High)).Concat(points.Reverse().Select(p => (p.X, p.Low))));
        _html.Markup("Z\"/>");
        return this;
    }

    /// <summary>Draws a point, with its numbers where the pointer rests on it.</summary>
    public PlotCanvas Dot(int series, double x, double y, double radius, double opacity = 1, string? name = null)
    {
        _html.Markup($"<circle class=\"f{series % PlotStyle.SeriesCount}\" cx=\"{X(x)}\" cy=\"{Y(y)}\" r=\"{Round(radius)}\" fill-opacity=\"{opacity}\"");
        _ = name is null ? _html.Markup("/>") : _html.Element("><title>", name, "</title></circle>");
        return this;
    }

    /// <summary>Ends the plot.</summary>
    public SvgPlot End() => new(_title, _description, _html.Markup("</svg>").ToString());

    public double X(double value) => Round(_left + (_x.Of(value) * (Right - _left)));

    public double Y(double value) => Round(_bottom - (_y.Of(value) * (_bottom - Top)));

    public static double Round(double value) => Math.Round(value, 1);

    /// <summary>The text, or its beginning where there is no room for more.</summary>
    public static string Cut(string text, int room)
    {
        if (text.Length <= room)
        {
            return text;
        }

        var cut = new StringBuilder();
        foreach (var rune in text.EnumerateRunes())
        {
            if (cut.Length + rune.Utf16SequenceLength > room - 1)
            {
                break;
            }

            cut.Append(rune.ToString());
        }

        return cut.Append('…').ToString();
    }

    private void WritePoints(IEnumerable<(double X, double Y)> points)
    {
        var last = (double.NaN, double.NaN);
        foreach (var (x, y) in points.Where(p => double.IsFinite(p.X) && double.IsFinite(p.Y)))
        {
            var at = (X(x), Y(y));
            if (at != last)
            {
                _html.Markup($"{at.Item1} {at.Item2} ");
                last = at;
            }
        }
    }
}
