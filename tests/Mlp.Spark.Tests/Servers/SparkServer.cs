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

    /// <summary>A stream ends after 100 kB, and its reader must take up the rest by another one.</summary>
    protected const string ShortStreams = "-Dspark.connect.execute.reattachable.senderMaxStreamSize=100000";

    /// <summary>Workers are met by Unix sockets, from 4.1 on.</summary>
    protected const string UnixSockets = "-Dspark.python.unix.domain.socket.enabled=true";

    private readonly Lock _gate = new();
    private Task<SparkConnectServer>? _server;

    /// <summary>Version of Spark.</summary>
    public string Version { get; } = version;

    /// <summary>The worker, with all that it needs.</summary>
    public static string Worker { get; } = Peer.WorkerProcess.Executable;

    /// <summary>What the server and its workers have written to standard error.</summary>
    public string Errors => _server is { IsCompletedSuccessfully: true } server ? server.Result.Errors : string.Empty;

    /// <summary>Settings of the server, each <c>-Dname=value</c>.</summary>
    protected virtual IReadOnlyList<string> ServerSettings => [];

    /// <summary>The connection string.</summary>
    public async Task<string> ConnectionAsync() => (await StartAsync()).Connection;

    /// <summary>A new session, whose Python functions are the worker's that lies beside the tests.</summary>
    public async Task<SparkSession> ConnectAsync(SparkSessionOptions? options = null)
        => await SparkSession.ConnectAsync(await ConnectionAsync(), options ?? new SparkSessionOptions { WorkerPath = Worker });

    /// <inheritdoc/>
    public Task InitializeAsync() => Task.CompletedTask;

    /// <inheritdoc/>
    public async Task DisposeAsync()
    {
        if (_server is { IsCompletedSuccessfully: true } server)
        {
            await server.Result.DisposeAsync();
        }
    }

    private Task<SparkConnectServer> StartAsync()
    {
        lock (_gate)
        {
            return _server ??= SparkConnectServer.StartAsync(Version, Worker, ServerSettings);
        }
    }
}
