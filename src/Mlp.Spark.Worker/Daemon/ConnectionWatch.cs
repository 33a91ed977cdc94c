using System.Net;
using System.Net.Sockets;
using Mlp.Spark.Worker.Interop;

namespace Mlp.Spark.Worker.Daemon;

/// <summary>
/// Notices that Spark closed the connection of a task that computes, and so neither reads nor writes: a query that was cancelled, or that has enough rows. The task is then told by its token. Thread-safe.
/// </summary>
internal sealed class ConnectionWatch : IDisposable
{
    private const int TcpLevel = 6;
    private const int TcpInfo = 11;
    private const byte Established = 1;
    private const byte CloseWait = 8;

    /// <summary>How often connections are looked at.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);

    /// <summary>Looks in a row at a connection on which Spark sends no more, before it counts as closed: whoever replays a task may do that on purpose.</summary>
    private const int HalfClosedLooks = 12;

    /// <summary>Looks in a row at a connection whose bytes wait for a task that does not read, before its other end is looked for.</summary>
    private const int StalledLooks = 4;

    private readonly CancellationTokenSource _closed = new();
    private readonly Socket _socket;
    private readonly Timer _timer;
    private int _looks;
    private int _unread;
    private int _stalledLooks;

    private ConnectionWatch(Socket socket)
    {
        _socket = socket;
        _timer = new Timer(static watch => ((ConnectionWatch)watch!).Look(), this, Interval, Interval);
    }

    /// <summary>Cancelled when Spark has closed the connection.</summary>
    public CancellationToken Closed => _closed.Token;

    /// <summary>Begins to watch a connection.</summary>
    /// <param name="socket">The connection.</param>
    public static ConnectionWatch Begin(Socket socket) => new(socket);

    /// <inheritdoc/>
    public void Dispose()
    {
        using var done = new ManualResetEvent(false);
        if (_timer.Dispose(done))
        {
            done.WaitOne();
        }

        _closed.Dispose();
    }

    private void Look()
    {
        try
        {
            if (OperatingSystem.IsLinux() && (_socket.AddressFamily == AddressFamily.Unix ? HungUpSocket.Is(_socket) : IsClosedTcp()))
            {
                Cancel();
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            Cancel();
        }
    }

    private void Cancel()
    {
        try
        {
            _closed.Cancel();
        }
        catch (AggregateException)
        {
            // What a method of the user had registered with its token threw. Nobody wants its result any more, and other tasks go on.
        }
    }

    private bool IsClosedTcp()
    {
        Span<byte> state = stackalloc byte[1];
        _socket.GetRawSocketOption(TcpLevel, TcpInfo, state);
        _looks = state[0] == CloseWait ? _looks + 1 : 0;
        return state[0] is not (Established or CloseWait) || _looks >= HalfClosedLooks || IsAbandoned();
    }

    /// <summary>While the task reads nothing and there is no room for more, the end of the connection cannot come through.</summary>
    private bool IsAbandoned()
    {
        var unread = _socket.Available;
        _stalledLooks = unread > 0 && unread == _unread ? _stalledLooks + 1 : 0;
        _unread = unread;
        if (_stalledLooks < StalledLooks)
        {
            return false;
        }

        _stalledLooks = 0;
        return LocalConnection.IsAbandoned((IPEndPoint)_socket.LocalEndPoint!, (IPEndPoint)_socket.RemoteEndPoint!);
    }
}
