using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging.Abstractions;
using Mlp.Integration.Tests.Taxi;
using Mlp.Integration.Tests.WebApi;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Registry;
using Mlp.TestSupport;
using Quickstart.Features;

namespace Mlp.Integration.Tests.Metrics;

/// <summary>The metrics as Prometheus and Grafana know them: the dashboard and the rules of this repository against what is exported.</summary>
public sealed partial class PrometheusTests(TaxiData taxi) : IClassFixture<TaxiData>
{
    private const int PredictionCount = 40;
    private const int LabelCount = 7;

    private static readonly string Dashboards = Path.Combine(Repository.Root, "dashboards");
    private static readonly string Rules = Path.Combine(Dashboards, "mlp-alerts.yml");
    private static readonly Dictionary<string, string?> NoVariables = [];

    [Theory]
    [InlineData("mlp-grafana.json", 18)]
    [InlineData("mlp-alerts.yml", 9)]
    [InlineData("mlp-alerts.test.yml", 6)]
    public void Names_OfDashboardAndRules_AreThoseThatAreExported(string file, int atLeast)
    {
        var exported = ReadExported();
        var used = MetricName().Matches(File.ReadAllText(Path.Combine(Dashboards, file))).Select(m => m.Value).ToHashSet(StringComparer.Ordinal);

        Assert.Empty(used.Except(exported));
        Assert.True(used.Count >= atLeast, $"Expected names in '{file}', but found {used.Count}.");
    }

    [Fact]
    public void Dashboard_EveryPanel_HasQueriesOfItsDataSource()
    {
        using var dashboard = JsonDocument.Parse(File.ReadAllText(Path.Combine(Dashboards, "mlp-grafana.json")));
        var panels = dashboard.RootElement.GetProperty("panels").EnumerateArray().Where(p => p.GetProperty("type").GetString() != "row").ToList();

        Assert.NotEmpty(panels);
        Assert.Equal(panels.Count, panels.Select(p => p.GetProperty("id").GetInt32()).Distinct().Count());
        Assert.All(panels, p => Assert.Equal("${datasource}", p.GetProperty("datasource").GetProperty("uid").GetString()));
        Assert.All(panels.SelectMany(p => p.GetProperty("targets").EnumerateArray()), t => Assert.Matches(MetricName(), t.GetProperty("expr").GetString()));
    }

    [PrometheusFact]
    public async Task Rules_Promtool_AcceptsThemAndTheirTestsPass()
    {
        var check = await CommandLine.RunAsync(Dashboards, NoVariables, "promtool", "check", "rules", Rules);
        var test = await CommandLine.RunAsync(Dashboards, NoVariables, "promtool", "test", "rules", "mlp-alerts.test.yml");

        Assert.True(check.ExitCode == 0, check.Output);
        Assert.True(test.ExitCode == 0, test.Output);
    }

    [PrometheusFact]
    public async Task Sample_ScrapedByPrometheus_AnswersWithWhatHappened()
    {
        using var data = taxi.CopyDirectory();
        var registry = new FileModelRegistry(new DataDirectory(data.FullName, MlPlatformMode.Reader), TimeProvider.System, NullLogger<FileModelRegistry>.Instance);
        var manifest = await registry.PublishAsync(TaxiFeatures.BigTipper, taxi.Package);
        await registry.SetAliasAsync(TaxiFeatures.BigTipper, "champion", manifest.Version, expectedRevision: 0);
        using var service = await WebApiProcess.StartAsync(data.FullName, new Dictionary<string, string?>
        {
            ["MlPlatform__Monitoring__EvaluationInterval"] = "00:00:01",
            ["MlPlatform__Monitoring__Alerts__EvaluationInterval"] = "00:00:01",
            ["MlPlatform__Monitoring__Alerts__Rules__traffic__Figure"] = "log.accepted",
            ["MlPlatform__Monitoring__Alerts__Rules__traffic__Threshold"] = "10",
            ["MlPlatform__Monitoring__Alerts__Rules__traffic__Severity"] = "Critical",
        });
        await service.WaitForHealthAsync("Healthy");
        for (var i = 0; i < PredictionCount; i++)
        {
            var (status, answer) = await service.PostAsync("/predict", WebApiProcess.Trip(fare: 5 + i));
            Assert.Equal(HttpStatusCode.OK, status);
            if (i < LabelCount)
            {
                await service.PostAsync("/labels", new { predictionId = answer.GetProperty("predictionId").GetString(), isBigTip = i % 2 == 0 });
            }
        }

        using var prometheus = new PrometheusServer(service.Client.BaseAddress!, Rules);
        const string Model = "{model=\"big-tipper\",version=\"1\"}";
        await prometheus.WaitForAsync($"mlp_prediction_log_written_total{Model}", PredictionCount);
        await prometheus.WaitForAsync("sum(mlp_inference_requests_total{job=\"web\",outcome=\"ok\"})", PredictionCount);
        await prometheus.WaitForAsync("mlp_inference_duration_seconds_count{model=\"big-tipper\",version=\"1\"}", PredictionCount);
        await prometheus.WaitForAsync("mlp_labels_recorded_total", LabelCount);
        await prometheus.WaitForAsync($"mlp_live_label_maturity{Model}", LabelCount / (double)PredictionCount);
        await prometheus.WaitForAsync("mlp_alerts_active{rule=\"traffic\",severity=\"critical\"}", 1);
        await prometheus.WaitForAsync("ALERTS{alertname=\"MlpAlert\",alertstate=\"firing\",rule=\"traffic\"}", 1);

        Assert.Equal(3, (await prometheus.GetAsync("/api/v1/rules")).GetProperty("groups").GetArrayLength());
        await AssertExpositionAsync(await service.Client.GetStringAsync(new Uri("/metrics", UriKind.Relative)));
    }

    private static async Task AssertExpositionAsync(string exposition)
    {
        using var folder = new TempDirectory();
        var file = folder.Combine("metrics.txt");
        await File.WriteAllTextAsync(file, exposition);
        var check = await CommandLine.RunAsync(folder.FullName, NoVariables, "/bin/sh", "-c", "promtool check metrics < metrics.txt");

        Assert.True(check.ExitCode == 0 && check.Output.Length == 0, check.Output);
        var names = Sample().Matches(exposition).Select(m => m.Groups[1].Value).Where(n => n.StartsWith("mlp_", StringComparison.Ordinal)).Distinct().ToList();
        Assert.True(names.Count > 20, exposition);
        Assert.Empty(names.Except(ReadExported()));
    }

    /// <summary>The instruments as <c>docs/telemetry.md</c> lists them (which another test compares with the source), by the names that OpenTelemetry's exporter gives them.</summary>
    private static HashSet<string> ReadExported()
        => [.. Instrument().Matches(File.ReadAllText(Path.Combine(Repository.Root, "docs", "telemetry.md"))).SelectMany(m => NamesOf(m.Groups["name"].Value, m.Groups["kind"].Value, m.Groups["unit"].Value))];

    private static IEnumerable<string> NamesOf(string instrument, string kind, string unit)
    {
        var name = instrument.Replace('.', '_') + unit switch { "s" => "_seconds", "By" => "_bytes", _ => string.Empty };
        return kind switch
        {
            "counter" => [name + "_total"],
            "histogram" => [name + "_bucket", name + "_sum", name + "_count"],
            _ => [name],
        };
    }

    [GeneratedRegex(@"\bmlp_[a-z_]+\b", RegexOptions.CultureInvariant)]
    private static partial Regex MetricName();

    [GeneratedRegex(@"^([a-z_]+)(?:\{| )", RegexOptions.CultureInvariant | RegexOptions.Multiline)]
    private static partial Regex Sample();

    [GeneratedRegex(@"^\| `(?<name>mlp\.[a-z_.]+)` \| (?<kind>counter|up-down counter|histogram|gauge) \| (?<unit>[^ ]+) \|", RegexOptions.CultureInvariant | RegexOptions.Multiline)]
    private static partial Regex Instrument();
}
