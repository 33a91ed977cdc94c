using System.Net;
using System.Net.Sockets;

namespace Mlp.Spark.Worker.Daemon;

/// <summary>The sockets between Spark and the worker: TCP on the loopback address, or a Unix socket.</summary>
internal static class SparkSocket
{
    private const int Backlog = 512;

    /// <summary>Listens as a daemon does.</summary>
    /// <param name="environment">What Spark said.</param>
    public static Socket Listen(WorkerEnvironment environment)
    {
        var socket = Create(environment);
        try
        {
            socket.Bind(environment.UsesUnixSockets
                ? new UnixDomainSocketEndPoint(Path.Combine(environment.SocketFolder!, $".{Guid.NewGuid()}.sock"))
                : new IPEndPoint(Loopback(environment), 0));
            socket.Listen(Backlog);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Connects as a worker of its own process does.</summary>
    /// <param name="environment">What Spark said.</param>
    public static Socket Connect(WorkerEnvironment environment)
    {
        var socket = Create(environment);
        try
        {
            socket.Connect(environment.UsesUnixSockets ? new UnixDomainSocketEndPoint(environment.SocketPath!) : new IPEndPoint(Loopback(environment), environment.Port!.Value));
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Prepares a connection for tasks.</summary>
    /// <param name="socket">The connection.</param>
    public static void Prepare(Socket socket)
    {
        if (socket.AddressFamily != AddressFamily.Unix)
        {
            // What is flushed is wanted now.
            socket.NoDelay = true;
        }
    }

    private static Socket Create(WorkerEnvironment environment)
        => environment.UsesUnixSockets
            ? new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)
            : new Socket(Loopback(environment).AddressFamily, SocketType.Stream, ProtocolType.Tcp);

    private static IPAddress Loopback(WorkerEnvironment environment) => environment.PrefersIPv6 ? IPAddress.IPv6Loopback : IPAddress.Loopback;
}
