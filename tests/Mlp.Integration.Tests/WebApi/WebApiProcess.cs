using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Mlp.TestSupport;

namespace Mlp.Integration.Tests.WebApi;

/// <summary>The sample as a process of its own, with HTTP clients for it.</summary>
internal sealed class WebApiProcess : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    private readonly ChildProcess _process;
    private readonly List<string> _output;

    private WebApiProcess(ChildProcess process, List<string> output, Uri address)
    {
        _process = process;
        _output = output;
        Client = new HttpClient { BaseAddress = address, Timeout = Patience };
    }

    public HttpClient Client { get; }

    /// <summary>Process id.</summary>
    public int Id => _process.Id;

    /// <summary>Starts the sample on a free port of the loopback and waits until it listens.</summary>
    /// <param name="dataDirectory">Its data.</param>
    /// <param name="settings">Variables that set more.</param>
    public static async Task<WebApiProcess> StartAsync(string dataDirectory, IReadOnlyDictionary<string, string?>? settings = null)
    {
        var process = Launch(dataDirectory, ownerWait: TimeSpan.FromSeconds(5), settings);
        var output = new List<string>();
        try
        {
            while (await process.ReadLineAsync() is { } line)
            {
                output.Add(line);
                const string Listening = "Now listening on: ";
                if (line.IndexOf(Listening, StringComparison.Ordinal) is >= 0 and var found)
                {
                    return new WebApiProcess(process, output, new Uri(line[(found + Listening.Length)..].Trim()));
                }
            }

            throw new InvalidOperationException($"The sample did not listen:{Environment.NewLine}{string.Join(Environment.NewLine, output)}{await process.ReadErrorsAsync()}");
        }
        catch
        {
            process.Dispose();
            throw;
        }
    }

    /// <summary>Starts the sample and waits until it has ended by itself.</summary>
    /// <returns>Exit code, and what it printed to each of the two.</returns>
    public static async Task<(int ExitCode, string Output, string Errors)> RunToEndAsync(
        string dataDirectory, TimeSpan ownerWait, IReadOnlyDictionary<string, string?>? settings = null)
    {
        using var process = Launch(dataDirectory, ownerWait, settings);
        var output = await process.ReadToEndAsync();
        return (process.ExitCode, string.Join(Environment.NewLine, output), await process.ReadErrorsAsync());
    }

    /// <summary>A request that the model can answer; the features are read for a time when they were fresh.</summary>
    public static object Trip(double fare = 9.25) => new
    {
        paymentType = "Credit Card",
        company = "Company 03",
        pickupArea = 8,
        hour = 18,
        weekday = 5,
        month = 6,
        miles = 2.5,
        seconds = 600.0,
        fare,
        asOf = new DateTimeOffset(2025, 12, 20, 0, 0, 0, TimeSpan.Zero),
    };

    public async Task<(HttpStatusCode Status, JsonElement Body)> GetAsync(string path) => await ReadAsync(await Client.GetAsync(new Uri(path, UriKind.Relative)));

    public async Task<(HttpStatusCode Status, JsonElement Body)> PostAsync(string path, object body)
        => await ReadAsync(await Client.PostAsJsonAsync(new Uri(path, UriKind.Relative), body));

    /// <summary>Waits until the service says that it is in a state.</summary>
    public async Task<JsonElement> WaitForHealthAsync(string status)
    {
        using var deadline = new CancellationTokenSource(Patience);
        while (true)
        {
            var (_, body) = await GetAsync("/health/ready");
            if (body.GetProperty("status").GetString() == status)
            {
                return body;
            }

            await Task.Delay(20, deadline.Token);
        }
    }

    /// <summary>SIGTERM.</summary>
    public Task TerminateAsync() => _process.TerminateAsync();

    /// <summary>Waits for the end.</summary>
    /// <returns>Exit code, and all that the process printed.</returns>
    public async Task<(int ExitCode, string Output)> WaitForExitAsync()
    {
        _output.AddRange(await _process.ReadToEndAsync());
        return (_process.ExitCode, string.Join(Environment.NewLine, _output) + await _process.ReadErrorsAsync());
    }

    public void Dispose()
    {
        Client.Dispose();
        _process.Dispose();
    }

    private static ChildProcess Launch(string dataDirectory, TimeSpan ownerWait, IReadOnlyDictionary<string, string?>? settings = null)
    {
        var folder = Path.Combine(Repository.Root, "samples", "WebApi", "bin", Repository.Configuration, "net10.0");
        var environment = new Dictionary<string, string?>
        {
            ["Urls"] = "http://127.0.0.1:0",
            ["MlPlatform__DataDirectory"] = dataDirectory,
            ["MlPlatform__OwnerWait"] = ownerWait.ToString("c", CultureInfo.InvariantCulture),
            ["ASPNETCORE_ENVIRONMENT"] = null,
            ["DOTNET_ENVIRONMENT"] = null,
            ["ASPNETCORE_URLS"] = null,
        };
        foreach (var (name, value) in settings ?? new Dictionary<string, string?>())
        {
            environment[name] = value;
        }

        return ChildProcess.StartService(Path.Combine(folder, "WebApi.dll"), Path.GetTempPath(), environment);
    }

    private static async Task<(HttpStatusCode Status, JsonElement Body)> ReadAsync(HttpResponseMessage response)
    {
        using (response)
        {
            var text = await response.Content.ReadAsStringAsync();
            return (response.StatusCode, text.Length == 0 ? default : JsonSerializer.Deserialize<JsonElement>(text));
        }
    }
}
