using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Mlp.Spark.Tests.Servers;

/// <summary>Stands between a client and a server, and breaks their connections: when it is told, and each time that the server has sent so much.</summary>
internal sealed class CuttingRelay : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly Lock _gate = new();
    private readonly List<(Socket Client, Socket Server)> _open = [];
    private readonly int _port;
    private readonly long _bytesPerCut;
    private readonly Task _accepting;
    private int _cuts;
    private int _connections;

    /// <summary>Listens.</summary>
    /// <param name="connection">Connection string of the server.</param>
    /// <param name="cuts">How often the server's bytes lead to a cut.</param>
    /// <param name="bytesPerCut">Bytes of the server on one connection that lead to a cut.</param>
    public CuttingRelay(string connection, int cuts = 0, long bytesPerCut = long.MaxValue)
    {
        _port = new Uri(connection.Replace("sc://", "http://", StringComparison.Ordinal)).Port;
        (_cuts, _bytesPerCut) = (cuts, bytesPerCut);
        _listener.Start();
        Connection = "sc://127.0.0.1:" + ((IPEndPoint)_listener.LocalEndpoint).Port.ToString(CultureInfo.InvariantCulture);
        _accepting = AcceptAsync();
    }

    public string Connection { get; }

    /// <summary>Connections so far.</summary>
    public int Connections => Volatile.Read(ref _connections);

    /// <summary>Breaks every connection.</summary>
    public void Cut()
    {
        lock (_gate)
        {
            foreach (var (client, server) in _open)
            {
                // The client gets a reset.
                client.Close(0);
                server.Close(0);
            }

            _open.Clear();
        }
    }

    /// <summary>Breaks every connection, and takes no other.</summary>
    public void Close()
    {
        _listener.Stop();
        Cut();
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        Close();
        await _accepting;
        _end.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptSocketAsync(_end.Token);
                var server = new Socket(SocketType.Stream, ProtocolType.Tcp);
                await server.ConnectAsync(IPAddress.Loopback, _port, _end.Token);
                Interlocked.Increment(ref _connections);
                lock (_gate)
                {
                    _open.Add((client, server));
                }

                _ = CopyAsync(client, server, long.MaxValue);
                _ = CopyAsync(server, client, _bytesPerCut);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or OperationCanceledException or InvalidOperationException)
        {
            // Closed.
        }
    }

    private async Task CopyAsync(Socket from, Socket to, long limit)
    {
        var buffer = new byte[16 << 10];
        try
        {
            while (await from.ReceiveAsync(buffer) is var count and > 0)
            {
                await to.SendAsync(buffer.AsMemory(0, count));
                if ((limit -= count) < 0 && Interlocked.Decrement(ref _cuts) >= 0)
                {
                    Cut();
                }
            }

            to.Shutdown(SocketShutdown.Send);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Cut.
        }
    }
}
