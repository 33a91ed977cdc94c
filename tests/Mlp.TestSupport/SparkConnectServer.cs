using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Mlp.TestSupport;

/// <summary>A Spark Connect server from the jars of the reference data, on a port of its own. It ends with this process, however that ends.</summary>
public sealed class SparkConnectServer : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    private readonly StringBuilder _errors = new();
    private readonly Process _process;
    private bool _isStopped;

    private SparkConnectServer(Process process, int port)
    {
        _process = process;
        Port = port;
        Connection = "sc://127.0.0.1:" + port.ToString(CultureInfo.InvariantCulture);
        process.ErrorDataReceived += (_, e) =>
        {
            lock (_errors)
            {
                _errors.AppendLine(e.Data);
            }
        };
        process.BeginErrorReadLine();
    }

    /// <summary>Id of the process that began it, and ends with it.</summary>
    public int ProcessId => _process.Id;

    /// <summary>The port.</summary>
    public int Port { get; }

    /// <summary>The connection string.</summary>
    public string Connection { get; }

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

    /// <summary>Starts a server and waits until it answers.</summary>
    /// <param name="version">Version of Spark.</param>
    /// <param name="worker">Path of what Spark starts where it would start Python.</param>
    /// <param name="settings">Settings of the server, each <c>-Dname=value</c>.</param>
    /// <param name="variables">Variables of the server, which its workers get too.</param>
    /// <param name="port">The port, which nobody uses; null for any.</param>
    /// <exception cref="FileNotFoundException">The reference data is not there.</exception>
    /// <exception cref="InvalidOperationException">The server did not start.</exception>
    public static async Task<SparkConnectServer> StartAsync(
        string version, string worker, IReadOnlyList<string> settings, IReadOnlyDictionary<string, string>? variables = null, int? port = null)
    {
        const string Starter = "spark/start-connect";
        var path = ReferenceData.Find(Starter) ?? throw new FileNotFoundException($"Expected '{Starter}' in the reference data, but found none.", Starter);
        var chosen = port ?? LoopbackPorts.Take();

        // When this process is gone, however that was, its end of the pipe is closed and Spark ends too.
        const string Script = "\"$@\" & child=$!; read -r _; kill $child; wait $child";
        var start = new ProcessStartInfo("/bin/bash", ["-c", Script, "bash", path, version, chosen.ToString(CultureInfo.InvariantCulture), worker, .. settings])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in variables ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        var server = new SparkConnectServer(Process.Start(start)!, chosen);
        using var patience = new CancellationTokenSource(Patience);
        while (await server._process.StandardOutput.ReadLineAsync(patience.Token) is { } line)
        {
            if (line.Contains("ready", StringComparison.Ordinal))
            {
                return server;
            }
        }

        throw new InvalidOperationException($"Spark {version} did not start: {server.Errors}");
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_isStopped)
        {
            return;
        }

        _isStopped = true;
        _process.StandardInput.Close();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }
}
