using System.Globalization;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Mlp.Monitoring.Drift;
using Mlp.Monitoring.Reports;

namespace Mlp.Monitoring.Tests.Reports;

public sealed partial class HistogramSvgTests
{
    private static readonly XNamespace Svg = "http://www.w3.org/2000/svg";

    [Fact]
    public void Write_Bins_DrawsABarForEachShareAndNamesItself()
    {
        var svg = XElement.Parse(HistogramSvg.Write("fare", new([new("< 1", 0.5, 0.25), new("≥ 1", 0.5, 0.75), new("missing", 0, 0)])));

        Assert.Equal(("img", "fare: reference and current"), (svg.Attribute("role")!.Value, svg.Element(Svg + "title")!.Value));
        Assert.Contains("< 1: 50 % to 25 %", svg.Element(Svg + "desc")!.Value, StringComparison.Ordinal);
        var heights = svg.Elements(Svg + "path").Where(p => p.Attribute("style") is not null).Select(p => Height().Matches(p.Attribute("d")!.Value).Select(m => double.Parse(m.Groups[1].Value, CultureInfo.InvariantCulture)).ToArray()).ToArray();
        Assert.Equal([[61.3, 61.3], [30.7, 92]], heights);
    }

    [Fact]
    public void Write_NamesOfAnySort_AreEscapedAndNothingIsLoaded()
    {
        string[] names = ["<script>alert(1)</script>", "\"' onload=x &amp; \u0001\0\uD800", "😀😀😀😀😀😀😀😀😀", "\uFFFE"];
        var text = HistogramSvg.Write(names[0], new([.. names.Select(n => new DriftBin(n, 0.25, 0.25))]));

        var svg = XElement.Parse(text);
        Assert.DoesNotContain(svg.DescendantsAndSelf(), e => e.Name.LocalName is "script" or "image" or "use" or "foreignObject" or "a");
        Assert.DoesNotContain(svg.DescendantsAndSelf().Attributes(), a => a.Name.LocalName.StartsWith("on", StringComparison.Ordinal) || a.Name.LocalName == "href");
        Assert.DoesNotContain("url(", text, StringComparison.Ordinal);
        Assert.Equal("<script>alert(1)</script>: reference and current", svg.Element(Svg + "title")!.Value);
    }

    [Fact]
    public void Write_ManyBinsNoneOrNoRows_StaysSmallAndWellFormed()
    {
        var many = HistogramSvg.Write("x", new([.. Enumerable.Range(0, 500).Select(i => new DriftBin($"category {i}", 0.002, 0.002))]));

        Assert.Equal(24, XElement.Parse(many).Descendants(Svg + "rect").Count());
        Assert.Contains("477 more", many, StringComparison.Ordinal);
        Assert.InRange(many.Length, 1, 12_000);
        XElement.Parse(HistogramSvg.Write("x", new([])));
        Assert.DoesNotContain("NaN\"", HistogramSvg.Write("x", new([new("all", 1, double.NaN)])), StringComparison.Ordinal);
    }

    [GeneratedRegex(@"v-([\d.]+)", RegexOptions.CultureInvariant)]
    private static partial Regex Height();
}
