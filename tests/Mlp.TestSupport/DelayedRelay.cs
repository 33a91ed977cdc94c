using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Mlp.TestSupport;

/// <summary>
/// A port of the loopback interface behind which another one lies, farther away: what is sent arrives later and no faster than a bandwidth allows, in each direction. Delays are kept to about a millisecond. Connections share the bandwidth of
/// a direction.
/// </summary>
public sealed class DelayedRelay : IDisposable
{
    private const int ChunkBytes = 1 << 14;
    private const int QueuedChunks = 512;

    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly ConcurrentBag<Socket> _sockets = [];
    private readonly Line _there = new();
    private readonly Line _back = new();
    private readonly int _target;

    /// <summary>Listens.</summary>
    /// <param name="target">The port that lies behind.</param>
    public DelayedRelay(int target)
    {
        _target = target;
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen(64);
        Start(Accept);
    }

    /// <summary>The port in front.</summary>
    public int Port => ((IPEndPoint)_listener.LocalEndPoint!).Port;

    /// <summary>Bytes that have passed, of both directions.</summary>
    public long ByteCount => _there.ByteCount + _back.ByteCount;

    /// <summary>Sets how far away the other side is, from now on.</summary>
    /// <param name="delay">Delay of each direction.</param>
    /// <param name="bytesPerSecond">Bandwidth of each direction.</param>
    public void Shape(TimeSpan delay, double bytesPerSecond)
    {
        _there.Shape(delay, bytesPerSecond);
        _back.Shape(delay, bytesPerSecond);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _listener.Dispose();
        foreach (var socket in _sockets)
        {
            socket.Dispose();
        }
    }

    private static void Start(Action work) => new Thread(() =>
    {
        try
        {
            work();
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // One side is gone; the other learns of it as its connection ends.
        }
    })
    { IsBackground = true }.Start();

    private void Accept()
    {
        while (true)
        {
            var front = Keep(_listener.Accept());
            var behind = Keep(new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
            behind.Connect(IPAddress.Loopback, _target);
            Join(front, behind, _there);
            Join(behind, front, _back);
        }
    }

    private Socket Keep(Socket socket)
    {
        socket.NoDelay = true;
        _sockets.Add(socket);
        return socket;
    }

    private static void Join(Socket from, Socket to, Line line)
    {
        var queue = new BlockingCollection<(byte[] Bytes, long Due)>(QueuedChunks);
        Start(() =>
        {
            try
            {
                var buffer = new byte[ChunkBytes];
                for (var count = from.Receive(buffer); count > 0; count = from.Receive(buffer))
                {
                    queue.Add((buffer[..count], line.Due(count)));
                }
            }
            finally
            {
                queue.CompleteAdding();
            }
        });
        Start(() =>
        {
            foreach (var (bytes, due) in queue.GetConsumingEnumerable())
            {
                Line.Wait(due);
                to.Send(bytes);
            }

            to.Shutdown(SocketShutdown.Send);
        });
    }

    /// <summary>One direction: bytes go over it one after the other, and then are under way for a while.</summary>
    private sealed class Line
    {
        private readonly Lock _lock = new();
        private TimeSpan _delay;
        private double _bytesPerSecond = double.PositiveInfinity;
        private long _free;

        public long ByteCount { get; private set; }

        public void Shape(TimeSpan delay, double bytesPerSecond)
        {
            lock (_lock)
            {
                (_delay, _bytesPerSecond) = (delay, bytesPerSecond);
            }
        }

        /// <summary>Time stamp at which bytes that come now arrive.</summary>
        public long Due(int count)
        {
            lock (_lock)
            {
                ByteCount += count;
                _free = Math.Max(_free, TimeProvider.System.GetTimestamp()) + (long)(count / _bytesPerSecond * TimeProvider.System.TimestampFrequency);
                return _free + (long)(_delay.TotalSeconds * TimeProvider.System.TimestampFrequency);
            }
        }

        public static void Wait(long due)
        {
            while (TimeProvider.System.GetElapsedTime(TimeProvider.System.GetTimestamp(), due) is var left && left > TimeSpan.Zero)
            {
                Thread.Sleep(Math.Max(1, (int)left.TotalMilliseconds));
            }
        }
    }
}
