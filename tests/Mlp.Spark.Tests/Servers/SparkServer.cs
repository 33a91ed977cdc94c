using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Mlp.Spark.Connect;
using Mlp.TestSupport;

namespace Mlp.Spark.Tests.Servers;

/// <summary>A real Spark Connect server, started when a test first asks for it and stopped with the tests of its collection, or with their process.</summary>
public abstract class SparkServer(string version) : IAsyncLifetime
{
    /// <summary>Two slots, and four tries for each task.</summary>
    protected const string RetryingTasks = "-Dspark.master=local[2,4]";

    /// <summary>No daemon.</summary>
    protected const string ProcessPerTask = "-Dspark.python.use.daemon=false";

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    private readonly StringBuilder _errors = new();
    private readonly Lock _gate = new();
    private Process? _process;
    private Task<int>? _port;

    /// <summary>Version of Spark.</summary>
    public string Version { get; } = version;

    /// <summary>The worker, with all that it needs.</summary>
    public static string Worker { get; } = Peer.WorkerProcess.Executable;

    /// <summary>What the server and its workers have written to standard error.</summary>
    public string Errors
    {
        get
        {
            lock (_errors)
            {
                return _errors.ToString();
            }
        }
    }

    /// <summary>Settings of the server, each <c>-Dname=value</c>.</summary>
    protected virtual IReadOnlyList<string> ServerSettings => [];

    /// <summary>The connection string.</summary>
    public async Task<string> ConnectionAsync() => "sc://127.0.0.1:" + (await PortAsync()).ToString(CultureInfo.InvariantCulture);

    /// <summary>A new session, whose Python functions are the worker's that lies beside the tests.</summary>
    public async Task<SparkSession> ConnectAsync(SparkSessionOptions? options = null)
        => await SparkSession.ConnectAsync(await ConnectionAsync(), options ?? new SparkSessionOptions { WorkerPath = Worker });

    /// <inheritdoc/>
    public Task InitializeAsync() => Task.CompletedTask;

    /// <inheritdoc/>
    public async Task DisposeAsync()
    {
        if (_process is { } process)
        {
            process.StandardInput.Close();
            await process.WaitForExitAsync();
            process.Dispose();
        }
    }

    private Task<int> PortAsync()
    {
        lock (_gate)
        {
            return _port ??= StartAsync();
        }
    }

    private async Task<int> StartAsync()
    {
        var port = FreePort();

        // When the tests are gone, however that was, their end of the pipe is closed and Spark ends too.
        const string Script = "\"$@\" & child=$!; read -r _; kill $child; wait $child";
        var start = new ProcessStartInfo(
            "/bin/bash",
            ["-c", Script, "bash", ReferenceData.Find("spark/start-connect")!, Version, port.ToString(CultureInfo.InvariantCulture), Worker, .. ServerSettings])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        _process = Process.Start(start)!;
        _process.ErrorDataReceived += (_, e) =>
        {
            lock (_errors)
            {
                _errors.AppendLine(e.Data);
            }
        };
        _process.BeginErrorReadLine();
        using var patience = new CancellationTokenSource(Patience);
        while (await _process.StandardOutput.ReadLineAsync(patience.Token) is { } line)
        {
            if (line.Contains("ready", StringComparison.Ordinal))
            {
                return port;
            }
        }

        throw new InvalidOperationException($"Spark {Version} did not start: {Errors}");
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
