using System.Net;
using System.Net.Sockets;
using Mlp.Spark.Worker.Daemon;
using Mlp.Spark.Worker.Tasks;

namespace Mlp.Spark.Tests.Peer;

/// <summary>The worker's connections within the process of the tests.</summary>
internal sealed class LocalWorker : IDisposable
{
    private static readonly WorkerEnvironment Trusted = new()
    {
        Secret = null,
        Port = null,
        SocketPath = null,
        SocketFolder = null,
        UsesUnixSockets = true,
        PrefersIPv6 = false,
        Protocol = null,
    };

    private readonly StringWriter _log = new();
    private readonly TaskFunctions _functions;
    private readonly WorkerLog _workerLog;

    public LocalWorker(TimeProvider? time = null)
    {
        _workerLog = new WorkerLog(TextWriter.Synchronized(_log), writesDetails: true, time ?? TimeProvider.System);
        _functions = new TaskFunctions(time ?? TimeProvider.System, _workerLog);
    }

    /// <summary>What it logged.</summary>
    public string Log => _log.ToString();

    /// <summary>Number of models in memory.</summary>
    public int ModelCount => _functions.ModelCount;

    /// <summary>Runs one task.</summary>
    public WorkerReply Run(byte[] task)
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        client.Connect(listener.LocalEndPoint!);
        var server = listener.Accept();
        var serving = OwnThread.Run(() =>
        {
            using (server)
            using (var connection = new WorkerConnection(server, Trusted, _functions, _workerLog))
            {
                connection.Serve();
            }
        });
        WorkerReply reply;
        using (var peer = new SparkPeer(client))
        {
            peer.MeetDaemon(secret: null);
            reply = peer.Run(task);
        }

        Assert.True(serving.Wait(WorkerProcess.Patience), "The worker did not end the connection.");
        return reply;
    }

    public void Dispose() => _functions.Dispose();
}
