using System.Text.Json;
using System.Text.RegularExpressions;
using Mlp.Monitoring.Drift;
using Mlp.Monitoring.Figures;
using Mlp.Monitoring.Reports;
using Mlp.TestSupport;

namespace Mlp.Monitoring.Tests.Reports;

public sealed partial class MonitoringReportTests
{
    [Fact]
    public async Task WriteAsync_FolderThatIsNotThere_IsRefusedByItsPath()
    {
        var (report, path) = (SampleReport.Create(), Path.Combine(Path.GetTempPath(), Guid.NewGuid().ToString("N"), "report"));

        foreach (var write in new Func<Task>[] { () => report.WriteHtmlAsync(path), () => report.WriteJsonAsync(path) })
        {
            Assert.Equal($"Expected the folder of '{path}' to exist, but it does not.", (await Assert.ThrowsAsync<DirectoryNotFoundException>(write)).Message);
        }
    }

    [Fact]
    public void ToHtml_TwoHundredFeatures_StaysUnderTwoMegabytes()
    {
        var html = SampleReport.Create(featureCount: 200).ToHtml();

        Assert.Equal(201, Svg().Count(html.AsSpan()) - Svg().Count(SampleReport.Create(featureCount: 0).ToHtml().AsSpan()) + 1);
        Assert.True(System.Text.Encoding.UTF8.GetByteCount(html) < 2_000_000, $"{html.Length} characters");
    }

    [Fact]
    public void ToHtml_NamesThatAreMarkup_AreEscapedEverywhere()
    {
        var html = SampleReport.Create(featureCount: 3, "</title><script>alert('x')</script>\" onload=\"y\u202E\u0007\uD800").ToHtml();

        Assert.DoesNotContain("<script", html, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("onload=\"", html, StringComparison.Ordinal);
        Assert.DoesNotContain(html, c => c is '\u202E' or '\u0007' || char.IsSurrogate(c));
        Assert.Contains("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;", html, StringComparison.Ordinal);
    }

    [Fact]
    public void ToHtml_Always_LoadsNothing()
    {
        var html = SampleReport.Create().ToHtml();

        Assert.DoesNotMatch(External(), html.Replace("http://www.w3.org/2000/svg", string.Empty, StringComparison.Ordinal));
        Assert.Contains("default-src 'none'", html, StringComparison.Ordinal);
    }

    [Fact]
    public void ToHtml_SameReport_IsTheSameInEveryCulture()
    {
        var here = SampleReport.Create().ToHtml();
        var culture = System.Globalization.CultureInfo.CurrentCulture;
        try
        {
            System.Globalization.CultureInfo.CurrentCulture = System.Globalization.CultureInfo.GetCultureInfo("de-DE");
            Assert.Equal(here, SampleReport.Create().ToHtml());
        }
        finally
        {
            System.Globalization.CultureInfo.CurrentCulture = culture;
        }
    }

    [Fact]
    public void ToJson_Report_HasTheDocumentedFields()
    {
        using var json = JsonDocument.Parse(SampleReport.Create().ToJson());
        var root = json.RootElement;

        Assert.Equal(("mlp-monitoring-report", 1), (root.GetProperty("format").GetString(), root.GetProperty("formatVersion").GetInt32()));
        Assert.Equal(["format", "formatVersion"], root.EnumerateObject().Take(2).Select(p => p.Name));
        Assert.Equal(("big-tipper", 7, "binary-classification"), (root.GetProperty("model").GetString(), root.GetProperty("version").GetInt32(), root.GetProperty("task").GetString()));
        Assert.Equal("EstimateNoLongerHolds", root.GetProperty("findings")[0].GetProperty("kind").GetString());
        var feature = root.GetProperty("drift").GetProperty("features")[0];
        Assert.Equal("Major", feature.GetProperty("severity").GetString());
        Assert.Equal(["label", "referenceShare", "share"], feature.GetProperty("histogram").GetProperty("bins")[0].EnumerateObject().Select(p => p.Name));
        Assert.Equal(12, root.GetProperty("log").GetProperty("droppedBy").GetProperty("BufferFull").GetInt32());
        var page = File.ReadAllText(Path.Combine(FindRoot(), "docs", "reports.md"));
        Assert.Equal([], root.EnumerateObject().Select(p => p.Name).Where(n => !page.Contains($"`{n}`", StringComparison.Ordinal)));
    }

    [Fact]
    public void ThrowIfAnyFinding_ReportWithFindings_SaysThem()
    {
        var report = SampleReport.Create();

        var all = Assert.Throws<MonitoringFindingsException>(() => report.ThrowIfAnyFinding());
        var quality = Assert.Throws<MonitoringFindingsException>(() => report.ThrowIfAnyFinding(FindingKind.EstimateNoLongerHolds));

        Assert.StartsWith("Expected no findings in the report of model 'big-tipper' version 7, but found 9:\n- Expected the AUC of model", all.Message, StringComparison.Ordinal);
        Assert.Contains("\n- Expected feature 'company_trips_30d'", all.Message, StringComparison.Ordinal);
        Assert.Equal((9, 1), (all.Findings.Count, quality.Findings.Count));
        report.ThrowIfAnyFinding(FindingKind.VariantDifference);
        (report with { Findings = [] }).ThrowIfAnyFinding();
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(20, 1)]
    [InlineData(60, 5)]
    [InlineData(24 * 60, 60)]
    [InlineData(31 * 24 * 60, 2 * 24 * 60)]
    [InlineData(100_000_000, 365 * 24 * 60)]
    public void Fit_Range_GivesUpToTwentyFourRoundWindows(int rangeMinutes, int windowMinutes)
        => Assert.Equal(TimeSpan.FromMinutes(windowMinutes), ReportBuilder.Fit(TimeSpan.FromMinutes(rangeMinutes)));

    [Fact]
    public void Histogram_ByItself_IsAnSvgThatStandsAlone()
    {
        var svg = HistogramSvg.Write("fare <EUR>", new DriftHistogram([.. Enumerable.Range(0, 40).Select(i => new DriftBin($"c{i}", 1 / 40.0, i % 2 / 20.0)), new DriftBin("missing", 0, double.NaN)]));

        Assert.StartsWith("<svg xmlns=\"http://www.w3.org/2000/svg\"", svg, StringComparison.Ordinal);
        Assert.Contains("<title>fare &lt;EUR&gt;: reference and current</title>", svg, StringComparison.Ordinal);
        Assert.Contains("18 more: 45 % to 45 %", svg, StringComparison.Ordinal);
        Assert.DoesNotContain("NaN\"", svg, StringComparison.Ordinal);
        System.Xml.Linq.XDocument.Parse(svg);
        System.Xml.Linq.XDocument.Parse(HistogramSvg.Write("x", new DriftHistogram([])));
    }

    private static string FindRoot()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Mlp.sln")))
        {
            folder = Path.GetDirectoryName(folder)!;
        }

        return folder;
    }

    [GeneratedRegex("<svg xmlns", RegexOptions.CultureInvariant)]
    private static partial Regex Svg();

    [GeneratedRegex(@"https?:|<script|<img|<iframe|<link rel=""(?!icon)|@import|url\(|srcset|<object|<embed", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex External();
}
