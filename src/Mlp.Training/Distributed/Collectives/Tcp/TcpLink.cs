using System.Net.Sockets;

namespace Mlp.Training.Distributed.Collectives.Tcp;

/// <summary>A link over one or several connections, which take turns, a stripe each. It may begin without them: then they are made when something is to be sent or looked for.</summary>
internal sealed class TcpLink : PeerLink
{
    private const int StripeBytes = 1 << 16;
    private const int StagingBytes = 1 << 15;
    private const int ReceiveBytes = 1 << 18;

    private readonly Func<CancellationToken, Task<Socket[]>>? _connect;
    private readonly CancellationTokenSource _stop = new();
    private Socket[] _sockets = [];
    private Task<Socket[]>? _connecting;
    private byte[] _received = [];
    private readonly byte[] _staging = new byte[StagingBytes];
    private long _writePosition;
    private long _readPosition;
    private int _stagedStart;
    private int _stagedEnd;
    private int _start;
    private int _end;

    /// <summary>Takes over connections.</summary>
    /// <param name="peer">The other rank's place in the group.</param>
    /// <param name="sockets">Connected, in the same order on both sides; disposed with this.</param>
    public TcpLink(int peer, Socket[] sockets)
        : base(peer) => Adopt(sockets);

    /// <summary>Makes connections when they are needed.</summary>
    /// <param name="peer">The other rank's place in the group.</param>
    /// <param name="connect">Makes them.</param>
    public TcpLink(int peer, Func<CancellationToken, Task<Socket[]>> connect)
        : base(peer) => _connect = connect;

    /// <summary>Whether there are connections.</summary>
    public bool IsConnected => _sockets.Length > 0;

    /// <summary>Whether connections are being made.</summary>
    public bool IsConnecting => !IsConnected && _connecting is not null && !IsBroken;

    /// <summary>Why there are none, where making them has failed: as the end of a sentence behind the other rank; null where it has not.</summary>
    public string? Trouble { get; private set; }

    /// <inheritdoc/>
    public override bool HasUnsent => _stagedEnd > _stagedStart && !IsBroken;

    /// <summary>The connection whose turn to be read it is.</summary>
    public Socket ReadSocket => _sockets[Turn(_readPosition)];

    /// <summary>The connection whose turn to be written it is.</summary>
    public Socket WriteSocket => _sockets[Turn(_writePosition)];

    /// <inheritdoc/>
    public override void QueueHead(ReadOnlySpan<byte> head)
    {
        head.CopyTo(_staging);
        (_stagedStart, _stagedEnd) = (0, head.Length);
        Connect();
    }

    /// <inheritdoc/>
    public override bool Flush()
    {
        if (!HasUnsent || !Connect())
        {
            return false;
        }

        var sent = Send(_staging.AsSpan(_stagedStart, _stagedEnd - _stagedStart));
        _stagedStart += sent;
        return sent > 0;
    }

    /// <inheritdoc/>
    public override int TryWrite(ReadOnlySpan<byte> bytes)
    {
        if (IsBroken)
        {
            return bytes.Length;
        }

        if (!Connect())
        {
            return 0;
        }

        if (!HasUnsent)
        {
            return Send(bytes);
        }

        // Head and first values leave in one packet.
        var taken = Math.Min(bytes.Length, _staging.Length - _stagedEnd);
        bytes[..taken].CopyTo(_staging.AsSpan(_stagedEnd));
        _stagedEnd += taken;
        Flush();
        return taken;
    }

    /// <inheritdoc/>
    public override void AlignRead()
    {
        // Values and heads follow each other without gaps here.
    }

    /// <inheritdoc/>
    public override ReadOnlySpan<byte> Peek()
    {
        if (Connect() && _end - _start < _received.Length / 2)
        {
            if (_received.Length - _start < _received.Length / 2)
            {
                _received.AsSpan(_start, _end - _start).CopyTo(_received);
                (_start, _end) = (0, _end - _start);
            }

            _end += Receive(_received.AsSpan(_end));
        }

        return _received.AsSpan(_start, _end - _start);
    }

    /// <inheritdoc/>
    public override void Consume(int count)
    {
        _start += count;
        if (_start == _end)
        {
            _start = _end = 0;
        }
    }

    /// <inheritdoc/>
    public override int TryRead(Span<byte> bytes)
    {
        if (Connect() && _start == _end && bytes.Length >= ReceiveBytes / 4)
        {
            return Receive(bytes);
        }

        var here = Peek();
        var taken = Math.Min(here.Length, bytes.Length);
        here[..taken].CopyTo(bytes);
        Consume(taken);
        return taken;
    }

    /// <inheritdoc/>
    public override void EndWriting()
    {
        foreach (var socket in _sockets)
        {
            try
            {
                socket.Shutdown(SocketShutdown.Send);
            }
            catch (SocketException)
            {
                IsBroken = true;
            }
        }
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        IsBroken = true;
        if (!_stop.IsCancellationRequested)
        {
            _stop.Cancel();
            _stop.Dispose();
            _connecting?.ContinueWith(DisposeAll, CancellationToken.None, TaskContinuationOptions.OnlyOnRanToCompletion | TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            Array.ForEach(_sockets, s => s.Dispose());
        }
    }

    private static void DisposeAll(Task<Socket[]> connected) => Array.ForEach(connected.Result, s => s.Dispose());

    /// <summary>Whether there are connections; begins to make them.</summary>
    private bool Connect()
    {
        if (_sockets.Length > 0 || IsBroken)
        {
            return _sockets.Length > 0;
        }

        _connecting ??= _connect!(_stop.Token);
        if (_connecting.IsCompletedSuccessfully)
        {
            Adopt(_connecting.Result);
            return true;
        }

        if (_connecting.IsCompleted)
        {
            (IsBroken, Trouble) = (true, _connecting.Exception?.InnerException?.Message);
        }

        return false;
    }

    private void Adopt(Socket[] sockets)
    {
        (_sockets, _received) = (sockets, GC.AllocateUninitializedArray<byte>(ReceiveBytes, pinned: true));
        foreach (var socket in sockets)
        {
            (socket.NoDelay, socket.Blocking) = (true, false);
        }
    }

    private int Send(ReadOnlySpan<byte> bytes)
    {
        var sent = 0;
        while (sent < bytes.Length && !IsBroken)
        {
            var count = WriteSocket.Send(bytes.Slice(sent, Limit(_writePosition, bytes.Length - sent)), SocketFlags.None, out var error);
            if (error != SocketError.Success)
            {
                IsBroken = error is not (SocketError.WouldBlock or SocketError.IOPending or SocketError.NoBufferSpaceAvailable);
                break;
            }

            sent += count;
            _writePosition += count;
        }

        return sent;
    }

    private int Receive(Span<byte> bytes)
    {
        var received = 0;
        while (received < bytes.Length && !IsBroken)
        {
            var limit = Limit(_readPosition, bytes.Length - received);
            var count = ReadSocket.Receive(bytes.Slice(received, limit), SocketFlags.None, out var error);
            if (error != SocketError.Success || count == 0)
            {
                IsBroken = error is not (SocketError.WouldBlock or SocketError.IOPending);
                break;
            }

            received += count;
            _readPosition += count;
            if (count < limit)
            {
                break;
            }
        }

        return received;
    }

    private int Turn(long position) => _sockets.Length == 1 ? 0 : (int)(position / StripeBytes % _sockets.Length);

    private int Limit(long position, int wanted) => _sockets.Length == 1 ? wanted : (int)Math.Min(wanted, StripeBytes - (position % StripeBytes));
}
