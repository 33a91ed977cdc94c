using System.Text.Json.Nodes;
using Mlp.Monitoring.Reports;
using Mlp.TestSupport;

namespace Mlp.Monitoring.Tests.Reports;

/// <summary>The page as a browser shows it. Where the variable MLP_SCREENSHOTS names a folder, pictures are left there.</summary>
public sealed class ReportPageTests : IDisposable
{
    private const string Hostile = "<script>alert(1)</script>\"'&\u202E\u0000</title></style>a_very_long_name_without_any_place_to_break_it_anywhere_so_that_it_must_be_broken_somewhere";

    private readonly TempDirectory _folder = new();

    public void Dispose() => _folder.Dispose();

    [ChromiumFact]
    public async Task Page_OnWideAndNarrowScreens_HasNoConsoleErrorAndNoHorizontalScroll()
    {
        await using var browser = await Chromium.StartAsync();
        foreach (var (name, report) in new[] { ("report", SampleReport.Create()), ("hostile", SampleReport.Create(featureCount: 4, Hostile)), ("bare", Bare()) })
        {
            var path = _folder.Combine($"{name}.html");
            await report.WriteHtmlAsync(path);
            foreach (var (width, isDark) in new[] { (1280, false), (1280, true), (390, false), (390, true) })
            {
                await browser.ShowAsync(path, width, isDark);

                // With everything open that can be opened.
                await browser.EvaluateAsync("document.querySelectorAll('details').forEach(d => d.open = true)");
                var found = await browser.EvaluateAsync("({scroll: document.documentElement.scrollWidth, body: document.body.scrollWidth, scripts: document.scripts.length, inner: innerWidth, dark: getComputedStyle(document.body).backgroundColor})");
                Assert.True((int)found!["scroll"]! <= width && (int)found["body"]! <= width, $"{name} at {width}: {found.ToJsonString()}");
                Assert.Equal((width, 0), ((int)found["inner"]!, (int)found["scripts"]!));
                Assert.Equal(isDark ? "rgb(15, 20, 26)" : "rgb(245, 246, 248)", (string)found["dark"]!);
                await KeepAsync(browser, path, name, width, isDark);
            }
        }

        Assert.Empty(browser.Messages);
    }

    [ChromiumFact]
    public async Task Page_ForReadersOfScreens_HasNamesHeadersAndContrast()
    {
        await using var browser = await Chromium.StartAsync();
        var path = _folder.Combine("report.html");
        await SampleReport.Create().WriteHtmlAsync(path);
        foreach (var isDark in new[] { false, true })
        {
            await browser.ShowAsync(path, 1280, isDark);
            await browser.EvaluateAsync("document.querySelectorAll('details').forEach(d => d.open = true)");

            Assert.Equal("en", (string)(await browser.EvaluateAsync("document.documentElement.lang"))!);
            Assert.Equal(0, (int)(await browser.EvaluateAsync("[...document.querySelectorAll('svg[role=img]')].filter(s => !(s.getAttribute('aria-label') || s.querySelector(':scope > title')?.textContent)).length"))!);
            Assert.Equal(0, (int)(await browser.EvaluateAsync("[...document.querySelectorAll('table')].filter(t => !t.querySelector('thead th[scope=col]') || [...t.querySelectorAll('tbody tr')].some(r => !r.querySelector('th[scope=row]'))).length"))!);
            Assert.Equal(0, (int)(await browser.EvaluateAsync("(() => { const ids = [...document.querySelectorAll('[id]')].map(e => e.id); return ids.length - new Set(ids).size })()"))!);
            Assert.Equal(0, (int)(await browser.EvaluateAsync("[...document.querySelectorAll('nav a')].filter(a => !document.querySelector(a.getAttribute('href'))).length"))!);
            var poor = (JsonArray)(await browser.EvaluateAsync(Contrast))!;
            Assert.Empty(poor.Select(p => p!.ToJsonString()));
        }
    }

    private static MonitoringReport Bare() => new() { Model = "m", Version = 1, CreatedAt = DateTimeOffset.UnixEpoch, PredictionCount = 0, Findings = [], Notes = ["Nothing was logged."] };

    /// <summary>Texts of less contrast than 4.5 to 1 (WCAG 2.2, 1.4.3).</summary>
    private const string Contrast = """
        (() => {
          const parse = c => { const m = c.match(/[\d.]+/g).map(Number); return { r: m[0], g: m[1], b: m[2], a: m[3] ?? 1 } };
          const light = c => { const f = v => { v /= 255; return v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4 }; return .2126 * f(c.r) + .7152 * f(c.g) + .0722 * f(c.b) };
          const over = (top, under) => ({ r: top.r * top.a + under.r * (1 - top.a), g: top.g * top.a + under.g * (1 - top.a), b: top.b * top.a + under.b * (1 - top.a), a: 1 });
          const ground = e => { const c = parse(getComputedStyle(e).backgroundColor); return c.a === 1 || !e.parentElement ? c : over(c, ground(e.parentElement)) };
          const poor = [];
          for (const e of document.querySelectorAll('body *')) {
            if (![...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim()) || e.closest('title,desc') || !e.getClientRects().length) continue;
            const style = getComputedStyle(e);
            let opacity = 1;
            for (let p = e; p; p = p.parentElement) opacity *= Number(getComputedStyle(p).opacity);
            const under = ground(e.closest('svg')?.parentElement ?? e);
            const color = parse(e.closest('svg') ? style.fill : style.color);
            const shown = over({ ...color, a: color.a * opacity }, under);
            const [a, b] = [light(shown), light(under)].sort((x, y) => y - x);
            if ((a + .05) / (b + .05) < 4.5) poor.push(e.tagName + '.' + (e.getAttribute('class') ?? '') + ' ' + ((a + .05) / (b + .05)).toFixed(2) + ' ' + e.textContent.slice(0, 30));
          }
          return [...new Set(poor)].slice(0, 10);
        })()
        """;

    private static async Task KeepAsync(Chromium browser, string path, string name, int width, bool isDark)
    {
        if (Environment.GetEnvironmentVariable("MLP_SCREENSHOTS") is not { Length: > 0 } folder)
        {
            return;
        }

        await browser.ShowAsync(path, width, isDark);
        await File.WriteAllBytesAsync(Path.Combine(folder, $"{name}-{width}-{(isDark ? "dark" : "light")}.png"), await browser.PhotographAsync());
    }
}
