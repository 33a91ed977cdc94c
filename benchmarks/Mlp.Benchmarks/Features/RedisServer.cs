using System.Diagnostics;
using System.Net;
using Mlp.TestSupport;
using StackExchange.Redis;

namespace Mlp.Benchmarks.Features;

/// <summary>A redis-server on loopback, as a child process; what it keeps on disk is the caller's to say.</summary>
internal sealed class RedisServer : IAsyncDisposable
{
    private readonly Process _process;

    private RedisServer(Process process, ConnectionMultiplexer connection)
    {
        _process = process;
        Connection = connection;
    }

    internal ConnectionMultiplexer Connection { get; }

    /// <summary>Starts one that writes no snapshots, or returns null where it is not installed.</summary>
    /// <param name="settings">More of its command line.</param>
    internal static async Task<RedisServer?> StartAsync(params string[] settings)
    {
        var port = LoopbackPorts.Take();

        Process process;
        try
        {
            process = Process.Start(new ProcessStartInfo("redis-server", ["--port", port.ToString(System.Globalization.CultureInfo.InvariantCulture), "--bind", "127.0.0.1", "--save", "", .. settings]) { RedirectStandardOutput = true })!;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }

        process.OutputDataReceived += static (_, _) => { };
        process.BeginOutputReadLine();
        var client = new ConfigurationOptions { EndPoints = { { IPAddress.Loopback, port } }, AbortOnConnectFail = false, SyncTimeout = 60_000, AsyncTimeout = 60_000 };
        var connection = await ConnectionMultiplexer.ConnectAsync(client);
        await connection.GetDatabase().PingAsync();
        return new RedisServer(process, connection);
    }

    public async ValueTask DisposeAsync()
    {
        await Connection.DisposeAsync();
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }
}
