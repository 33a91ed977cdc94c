using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Mlp.TestSupport;

namespace Mlp.Integration.Tests.Metrics;

/// <summary>A real Prometheus on loopback that scrapes one address each second.</summary>
internal sealed class PrometheusServer : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly TempDirectory _folder = new();
    private readonly Process _process;
    private readonly Task<string> _log;
    private readonly HttpClient _client;

    public PrometheusServer(Uri target, string rules)
    {
        var configuration = _folder.Combine("prometheus.yml");
        File.WriteAllText(
            configuration,
            $"""
            global:
              scrape_interval: 1s
              evaluation_interval: 1s
            rule_files: ["{rules}"]
            scrape_configs:
              - job_name: web
                static_configs:
                  - targets: ["{target.Authority}"]
            """);
        var address = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{LoopbackPorts.Take()}");
        _client = new HttpClient { BaseAddress = new Uri($"http://{address}") };
        _process = Process.Start(new ProcessStartInfo(
            "prometheus",
            [$"--config.file={configuration}", $"--storage.tsdb.path={_folder.Combine("data")}", $"--web.listen-address={address}", "--log.level=warn"])
        {
            RedirectStandardError = true,
            WorkingDirectory = _folder.FullName,
        })!;
        _log = _process.StandardError.ReadToEndAsync();
    }

    /// <summary>The value of a query that gives one number, as soon as it is the expected one.</summary>
    public async Task<double> WaitForAsync(string query, double expected)
    {
        using var patience = new CancellationTokenSource(Patience);
        var last = double.NaN;
        try
        {
            while (last != expected)
            {
                await Task.Delay(100, patience.Token);
                last = await TryQueryAsync(query, patience.Token) ?? last;
            }
        }
        catch (OperationCanceledException)
        {
            throw new InvalidOperationException(_process.HasExited ? $"Prometheus has ended: {await _log}" : string.Create(CultureInfo.InvariantCulture, $"Expected {query} to become {expected}, but found {last}."));
        }

        return last;
    }

    /// <summary>What the interface answers.</summary>
    public async Task<JsonElement> GetAsync(string path)
        => JsonSerializer.Deserialize<JsonElement>(await _client.GetStringAsync(new Uri(path, UriKind.Relative))).GetProperty("data");

    public void Dispose()
    {
        _client.Dispose();
        if (!_process.HasExited)
        {
            _process.Kill();
            _process.WaitForExit();
        }

        _process.Dispose();
        _folder.Dispose();
    }

    private async Task<double?> TryQueryAsync(string query, CancellationToken cancellationToken)
    {
        try
        {
            var text = await _client.GetStringAsync(new Uri($"/api/v1/query?query={Uri.EscapeDataString(query)}", UriKind.Relative), cancellationToken);
            var results = JsonSerializer.Deserialize<JsonElement>(text).GetProperty("data").GetProperty("result");
            return results.GetArrayLength() == 0 ? null : double.Parse(results[0].GetProperty("value")[1].GetString()!, CultureInfo.InvariantCulture);
        }
        catch (HttpRequestException)
        {
            // Not up yet.
            return null;
        }
    }
}
