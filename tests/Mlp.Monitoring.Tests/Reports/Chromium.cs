using System.Diagnostics;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Mlp.TestSupport;

namespace Mlp.Monitoring.Tests.Reports;

/// <summary>A Chromium without a window, told what to do by its DevTools protocol over a socket on loopback. What the page says on its console is kept.</summary>
internal sealed class Chromium : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(8);

    private readonly TempDirectory _profile = new();
    private readonly CancellationTokenSource _patience = new(Patience);
    private readonly ClientWebSocket _socket = new();
    private readonly List<string> _messages = [];
    private readonly HashSet<string> _loaded = [];
    private Process? _process;
    private int _lastId;

    private Chromium()
    {
    }

    /// <summary>Errors and warnings of the console, exceptions, and requests that were refused or failed, so far.</summary>
    public IReadOnlyList<string> Messages => _messages;

    /// <summary>Where the program is; null where it is not installed.</summary>
    public static string? Find()
        => (Environment.GetEnvironmentVariable("PATH") ?? string.Empty)
            .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Select(folder => Path.Combine(folder, "chromium"))
            .FirstOrDefault(File.Exists);

    public static async Task<Chromium> StartAsync()
    {
        var browser = new Chromium();
        try
        {
            await browser.OpenAsync();
            return browser;
        }
        catch
        {
            await browser.DisposeAsync();
            throw;
        }
    }

    /// <summary>Shows a file as a screen of some width would.</summary>
    public async Task ShowAsync(string path, int width, bool isDark)
    {
        await CallAsync("Emulation.setDeviceMetricsOverride", new JsonObject { ["width"] = width, ["height"] = 900, ["deviceScaleFactor"] = 1, ["mobile"] = width < 600 });
        await CallAsync("Emulation.setEmulatedMedia", new JsonObject { ["features"] = new JsonArray(new JsonObject { ["name"] = "prefers-color-scheme", ["value"] = isDark ? "dark" : "light" }) });
        var document = (await CallAsync("Page.navigate", new JsonObject { ["url"] = new Uri(path).AbsoluteUri }))["loaderId"]!.GetValue<string>();
        while (!_loaded.Contains(document))
        {
            await ReceiveAsync();
        }
    }

    /// <summary>The value of an expression in the page.</summary>
    public async Task<JsonNode?> EvaluateAsync(string expression)
        => (await CallAsync("Runtime.evaluate", new JsonObject { ["expression"] = expression, ["returnByValue"] = true }))["result"]?["value"];

    /// <summary>A picture of the page, as PNG.</summary>
    /// <param name="height">Its height from the top; null for the whole page.</param>
    public async Task<byte[]> PhotographAsync(int? height = null)
    {
        var size = (await CallAsync("Page.getLayoutMetrics", []))["cssContentSize"]!;
        var clip = new JsonObject { ["x"] = 0, ["y"] = 0, ["width"] = size["width"]!.GetValue<double>(), ["height"] = height ?? size["height"]!.GetValue<double>(), ["scale"] = 1 };
        var picture = await CallAsync("Page.captureScreenshot", new JsonObject { ["format"] = "png", ["captureBeyondViewport"] = true, ["clip"] = clip });
        return Convert.FromBase64String(picture["data"]!.GetValue<string>());
    }

    public async ValueTask DisposeAsync()
    {
        _socket.Dispose();
        if (_process is { } process)
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }

            await process.WaitForExitAsync();
            process.Dispose();
        }

        _patience.Dispose();
        await DeleteProfileAsync();
    }

    private async Task OpenAsync()
    {
        _process = Process.Start(new ProcessStartInfo(
            Find()!,
            [
                "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run",
                "--hide-scrollbars", "--remote-debugging-port=0", $"--user-data-dir={_profile.FullName}", "about:blank",
            ])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        })!;
        _process.ErrorDataReceived += static (_, _) => { };
        _process.BeginErrorReadLine();
        var port = await ReadPortAsync();
        await _socket.ConnectAsync(new Uri(await FindPageAsync(port)), _patience.Token);
        foreach (var domain in new[] { "Page", "Runtime", "Log", "Network" })
        {
            await CallAsync($"{domain}.enable", []);
        }

        await CallAsync("Page.setLifecycleEventsEnabled", new JsonObject { ["enabled"] = true });
    }

    /// <summary>The program writes it into its profile when it listens.</summary>
    private async Task<string> ReadPortAsync()
    {
        var file = _profile.Combine("DevToolsActivePort");
        while (true)
        {
            if (File.Exists(file) && await File.ReadAllLinesAsync(file, _patience.Token) is [{ Length: > 0 } port, ..])
            {
                return port;
            }

            if (_process!.HasExited)
            {
                throw new InvalidOperationException($"Chromium has ended with exit code {_process.ExitCode}.");
            }

            await Task.Delay(20, _patience.Token);
        }
    }

    /// <summary>The program listens before it has a page.</summary>
    private async Task<string> FindPageAsync(string port)
    {
        using var client = new HttpClient { Timeout = Patience };
        while (true)
        {
            var targets = JsonNode.Parse(await client.GetStringAsync(new Uri($"http://127.0.0.1:{port}/json/list"), _patience.Token))!.AsArray();
            if (targets.FirstOrDefault(t => t!["type"]!.GetValue<string>() == "page") is { } page)
            {
                return page["webSocketDebuggerUrl"]!.GetValue<string>();
            }

            await Task.Delay(20, _patience.Token);
        }
    }

    private async Task<JsonObject> CallAsync(string method, JsonObject parameters)
    {
        var id = ++_lastId;
        var call = new JsonObject { ["id"] = id, ["method"] = method, ["params"] = parameters };
        await _socket.SendAsync(Encoding.UTF8.GetBytes(call.ToJsonString()), WebSocketMessageType.Text, endOfMessage: true, _patience.Token);
        while (true)
        {
            var answer = await ReceiveAsync();
            if (answer["id"]?.GetValue<int>() == id)
            {
                return answer["error"] is { } error ? throw new InvalidOperationException($"{method}: {error.ToJsonString()}") : answer["result"]!.AsObject();
            }
        }
    }

    private async Task<JsonObject> ReceiveAsync()
    {
        using var text = new MemoryStream();
        var buffer = new byte[64 * 1024];
        WebSocketReceiveResult part;
        do
        {
            part = await _socket.ReceiveAsync(buffer, _patience.Token);
            text.Write(buffer, 0, part.Count);
        }
        while (!part.EndOfMessage);

        var message = JsonSerializer.Deserialize<JsonObject>(text.ToArray())!;
        Keep(message["method"]?.GetValue<string>(), message["params"]);
        return message;
    }

    private void Keep(string? method, JsonNode? parameters)
    {
        if (method is null)
        {
            return;
        }

        if (method == "Page.lifecycleEvent" && parameters!["name"]!.GetValue<string>() == "load")
        {
            _loaded.Add(parameters["loaderId"]!.GetValue<string>());
        }

        var isBad = method switch
        {
            "Log.entryAdded" => parameters!["entry"]!["level"]!.GetValue<string>() is "error" or "warning",
            "Runtime.consoleAPICalled" => parameters!["type"]!.GetValue<string>() is "error" or "warning" or "assert",
            "Runtime.exceptionThrown" or "Network.loadingFailed" => true,

            // Only the file itself may be asked for.
            "Network.requestWillBeSent" => parameters!["request"]!["url"]!.GetValue<string>() is var url && !url.StartsWith("file:", StringComparison.Ordinal) && !url.StartsWith("data:", StringComparison.Ordinal),
            _ => false,
        };
        if (isBad)
        {
            _messages.Add($"{method}: {parameters!.ToJsonString()}");
        }
    }

    /// <summary>The program's children may still be writing for a moment.</summary>
    private async Task DeleteProfileAsync()
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                _profile.Dispose();
                return;
            }
            catch (IOException) when (attempt < 3_000)
            {
                await Task.Delay(20);
            }
        }
    }
}
