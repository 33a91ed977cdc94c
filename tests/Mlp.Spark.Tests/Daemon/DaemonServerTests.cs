using System.Net.Sockets;
using Mlp.Spark.Tests.Peer;
using Mlp.Spark.Worker.Daemon;
using Mlp.Spark.Worker.Tasks;
using Mlp.TestSupport;

namespace Mlp.Spark.Tests.Daemon;

public sealed class DaemonServerTests
{
    private const int Rounds = 200;

    [Fact]
    public async Task Dispose_WhileConnectionsCome_Ends()
    {
        using var folder = new TempDirectory();
        var environment = new WorkerEnvironment
        {
            Secret = null,
            Port = null,
            SocketPath = null,
            SocketFolder = folder.FullName,
            UsesUnixSockets = true,
            PrefersIPv6 = false,
            Protocol = null,
        };
        var log = new WorkerLog(TextWriter.Null, writesDetails: false, TimeProvider.System);
        using var functions = new TaskFunctions(TimeProvider.System, log);
        for (var round = 0; round < Rounds; round++)
        {
            var server = new DaemonServer(environment, functions, log);
            server.Start(Stream.Null);
            var address = new UnixDomainSocketEndPoint(Assert.Single(Directory.GetFileSystemEntries(folder.FullName)));
            var isConnected = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var connecting = OwnThread.Run(() => ConnectUntilItEnds(address, isConnected));
            await Task.WhenAny(isConnected.Task, connecting);

            server.Dispose();

            await connecting;
        }
    }

    private static void ConnectUntilItEnds(UnixDomainSocketEndPoint address, TaskCompletionSource isConnected)
    {
        try
        {
            while (true)
            {
                using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                socket.Connect(address);
                isConnected.TrySetResult();
            }
        }
        catch (SocketException) when (isConnected.Task.IsCompleted)
        {
            // It has ended.
        }
    }
}
