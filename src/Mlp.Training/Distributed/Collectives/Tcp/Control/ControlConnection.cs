using System.Net.Sockets;

namespace Mlp.Training.Distributed.Collectives.Tcp.Control;

/// <summary>One connection of the control channel. Any thread sends; one thread receives.</summary>
internal sealed class ControlConnection : IDisposable
{
    private const int SendTimeoutMilliseconds = 2000;

    private readonly Lock _sending = new();
    private readonly Socket _socket;
    private byte[] _buffer = new byte[4096];
    private int _filled;

    /// <summary>Takes over a connection.</summary>
    /// <param name="socket">Connected; disposed with this.</param>
    /// <param name="rank">The rank at the other end.</param>
    /// <param name="now">Time stamp of now.</param>
    public ControlConnection(Socket socket, int rank, long now)
    {
        (_socket, Rank, LastHeard) = (socket, rank, now);
        socket.NoDelay = true;
        socket.SendTimeout = SendTimeoutMilliseconds;
    }

    /// <summary>The rank at the other end.</summary>
    public int Rank { get; }

    /// <summary>The socket, for waiting.</summary>
    public Socket Socket => _socket;

    /// <summary>Time stamp of when it last said something.</summary>
    public long LastHeard { get; set; }

    /// <summary>Whether it has broken or been closed.</summary>
    public bool IsClosed { get; private set; }

    /// <summary>Sends a frame; nothing happens where the connection is gone, for the receiving side notices that.</summary>
    public void Send(byte[] frame)
    {
        lock (_sending)
        {
            try
            {
                for (var sent = 0; sent < frame.Length && !IsClosed;)
                {
                    sent += _socket.Send(frame.AsSpan(sent));
                }
            }
            catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
            {
                // A frame that went out in part would garble the next ones.
                IsClosed = true;
            }
        }
    }

    /// <summary>Receives what is there.</summary>
    /// <param name="messages">Gets whole messages.</param>
    /// <returns>Whether the connection lives on.</returns>
    /// <exception cref="InvalidDataException">The bytes are no frames.</exception>
    public bool Receive(List<ControlMessage> messages)
    {
        try
        {
            if (_filled == _buffer.Length)
            {
                Array.Resize(ref _buffer, _buffer.Length * 2);
            }

            var count = IsClosed ? 0 : _socket.Receive(_buffer.AsSpan(_filled));
            if (count == 0)
            {
                IsClosed = true;
                return false;
            }

            _filled += count;
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            IsClosed = true;
            return false;
        }

        Cut(messages);
        return true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        IsClosed = true;
        try
        {
            _socket.Shutdown(SocketShutdown.Send);
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // The other side was faster.
        }

        _socket.Dispose();
    }

    private void Cut(List<ControlMessage> messages)
    {
        var start = 0;
        while (_filled - start >= ControlCodec.HeadBytes)
        {
            var length = ControlCodec.HeadBytes + ControlCodec.BodyLength(_buffer.AsSpan(start));
            if (_filled - start < length)
            {
                break;
            }

            messages.Add(ControlCodec.Decode(_buffer.AsSpan(start, length)));
            start += length;
        }

        _buffer.AsSpan(start, _filled - start).CopyTo(_buffer);
        _filled -= start;
    }
}
