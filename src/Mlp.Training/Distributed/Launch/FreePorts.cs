using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace Mlp.Training.Distributed.Launch;

/// <summary>
/// Chooses ports for listeners that open later, often in another process. They lie below the ports that systems hand out by themselves (Linux from 32768, others from 49152): one of those could go to any connection or listener
/// between the choice and its use. <see cref="LaunchVariables"/> derives ports from job ids above them.
/// </summary>
internal static class FreePorts
{
    private const int First = 10_000;
    private const int Count = 10_000;

    private static int _last = RandomNumberGenerator.GetInt32(Count);

    /// <summary>A port where nobody listens on any interface, and that this process was not given before, until all have been.</summary>
    /// <exception cref="SocketException">The system has no free port at all.</exception>
    public static int Take()
    {
        for (var attempt = 0; attempt < Count; attempt++)
        {
            var port = First + (int)((uint)Interlocked.Increment(ref _last) % Count);
            if (IsFree(port))
            {
                return port;
            }
        }

        using var socket = NewSocket();
        return Bind(socket, 0);
    }

    /// <summary>Whether nobody listens at a port, on any interface.</summary>
    /// <param name="port">The port.</param>
    public static bool IsFree(int port)
    {
        using var socket = NewSocket();
        try
        {
            return Bind(socket, port) == port;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static Socket NewSocket()
        => Socket.OSSupportsIPv6
            ? new(AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp) { DualMode = true }
            : new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    private static int Bind(Socket socket, int port)
    {
        socket.Bind(new IPEndPoint(socket.AddressFamily == AddressFamily.InterNetworkV6 ? IPAddress.IPv6Any : IPAddress.Any, port));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
