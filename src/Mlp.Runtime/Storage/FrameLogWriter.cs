using System.Buffers;

namespace Mlp.Runtime.Storage;

/// <summary>
/// Appends frames to a log file (<see cref="FrameLogFormat"/>). Appending only fills a buffer; committing writes and flushes it, and
/// one flush serves everybody who waits (group commit): whoever comes first flushes for all who came by then, those who come
/// meanwhile share the next one. There is no thread of its own.
/// </summary>
/// <remarks>
/// Safe for many threads, except that nobody may append while it is disposed. At most one writer per file. After a failed write or
/// flush the writer is faulted: everybody who waits and every later call gets a <see cref="LogWriteException"/>. A failed flush is
/// never tried again, since the operating system may have dropped the pages and would report success.
/// </remarks>
internal sealed class FrameLogWriter : IThreadPoolWorkItem, IDisposable
{
    /// <summary>How many bytes may wait before an append flushes them itself, when the caller does not say. 64 MiB.</summary>
    internal const int DefaultMaxBufferedLength = 64 * 1024 * 1024;

    private const int InitialBufferLength = 64 * 1024;

    private readonly object _gate = new();
    private readonly FrameLogFile _file;
    private readonly int _maxBufferedLength;
    private FrameBuffer _active = new(InitialBufferLength);
    private FrameBuffer _spare = new(InitialBufferLength);
    private long _durable;
    private long _wanted;
    private bool _writing;
    private bool _queued;
    private bool _disposed;
    private TaskCompletionSource? _thisRound;
    private TaskCompletionSource? _nextRound;
    private Exception? _fault;

    private FrameLogWriter(FrameLogFile file, int maxBufferedLength)
    {
        _file = file;
        _maxBufferedLength = maxBufferedLength;
        _durable = file.Length;
        _wanted = file.Length;
        _active.Reset(file.Length);
    }

    /// <summary>Path of the log.</summary>
    internal string Path => _file.Path;

    /// <summary>Where the last appended frame ends: the position to commit.</summary>
    internal long Position
    {
        get
        {
            lock (_gate)
            {
                return _active.End;
            }
        }
    }

    /// <summary>Where the last frame that is on the device ends.</summary>
    internal long DurablePosition
    {
        get
        {
            lock (_gate)
            {
                return _durable;
            }
        }
    }

    /// <summary>Creates a log that must not exist yet. When this returns, the file, its header and its name are on the device.</summary>
    /// <param name="disk">Where durability comes from.</param>
    /// <param name="path">Path of the log; its directory exists.</param>
    /// <param name="header">UTF-8 JSON that describes the log (kind, fingerprints and the like).</param>
    /// <param name="maxBufferedLength">How many bytes may wait before an append flushes them itself.</param>
    /// <exception cref="IOException">The file exists, or the disk is full or failed.</exception>
    internal static FrameLogWriter Create(IDiskSync disk, string path, ReadOnlySpan<byte> header, int maxBufferedLength = DefaultMaxBufferedLength) =>
        new(FrameLogFile.Create(disk, path, header), maxBufferedLength);

    /// <summary>Goes on with a log that was read to its end. A torn tail is cut off; what the reader saw is on the device when this returns.</summary>
    /// <param name="disk">Where durability comes from.</param>
    /// <param name="reader">A reader of the log whose <see cref="FrameLogReader.Read"/> has returned false.</param>
    /// <param name="maxBufferedLength">How many bytes may wait before an append flushes them itself.</param>
    /// <exception cref="InvalidOperationException">The reader has not reached the end, or it stopped at damage, which an append would bury.</exception>
    /// <exception cref="IOException">The disk is full or failed.</exception>
    internal static FrameLogWriter Continue(IDiskSync disk, FrameLogReader reader, int maxBufferedLength = DefaultMaxBufferedLength) =>
        new(FrameLogFile.Continue(disk, reader), maxBufferedLength);

    /// <summary>Appends a frame. It is in memory only until its position is committed. Allocates nothing once the buffer has its size.</summary>
    /// <param name="payload">The content, up to <see cref="FrameLogFormat.MaxPayloadLength"/> bytes.</param>
    /// <returns>The position to commit: where the frame ends in the file.</returns>
    /// <exception cref="ArgumentException">The content is too long.</exception>
    /// <exception cref="LogWriteException">The log is faulted.</exception>
    internal long Append(ReadOnlySpan<byte> payload) => Append(payload, []);

    /// <summary>Appends a frame whose content is two pieces one behind the other. See <see cref="Append(ReadOnlySpan{byte})"/>.</summary>
    /// <param name="first">First piece.</param>
    /// <param name="second">Second piece.</param>
    internal long Append(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second)
    {
        var length = CheckLength((long)first.Length + second.Length);
        lock (_gate)
        {
            MakeRoom(length);
            _active.Add(first, second, FlagsOfNext());
            return _active.End;
        }
    }

    /// <summary>Appends a frame whose content is a sequence. See <see cref="Append(ReadOnlySpan{byte})"/>.</summary>
    /// <param name="payload">The content.</param>
    internal long Append(in ReadOnlySequence<byte> payload)
    {
        var length = CheckLength(payload.Length);
        lock (_gate)
        {
            MakeRoom(length);
            _active.Add(payload, FlagsOfNext());
            return _active.End;
        }
    }

    /// <summary>Completes when everything up to a position is on the device.</summary>
    /// <param name="position">A position that an append returned.</param>
    /// <param name="cancellationToken">Ends the wait; the flush goes on for the others.</param>
    /// <exception cref="ArgumentOutOfRangeException">The position lies beyond the last appended frame.</exception>
    /// <exception cref="LogWriteException">The log is faulted; the frame may be lost.</exception>
    internal ValueTask CommitAsync(long position, CancellationToken cancellationToken = default)
    {
        Task flushed;
        lock (_gate)
        {
            ThrowIfUnusable();
            ArgumentOutOfRangeException.ThrowIfGreaterThan(position, _active.End);
            if (position <= _durable)
            {
                return ValueTask.CompletedTask;
            }

            // While a round is under way, the spare buffer is what it writes: everything below the start of the active one.
            ref var round = ref (_writing && position <= _active.Start ? ref _thisRound : ref _nextRound);
            round ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            flushed = round.Task;
            _wanted = Math.Max(_wanted, position);
            QueueRoundIfWanted();
        }

        return new ValueTask(flushed.WaitAsync(cancellationToken));
    }

    /// <summary>Completes when everything appended so far is on the device.</summary>
    /// <param name="cancellationToken">Ends the wait; the flush goes on for the others.</param>
    /// <exception cref="LogWriteException">The log is faulted.</exception>
    internal ValueTask FlushAsync(CancellationToken cancellationToken = default) => CommitAsync(Position, cancellationToken);

    /// <summary>Returns when everything appended so far is on the device. Blocks; flushes on the calling thread if nobody is flushing.</summary>
    /// <exception cref="LogWriteException">The log is faulted.</exception>
    internal void Flush()
    {
        lock (_gate)
        {
            ThrowIfUnusable();
            FlushHoldingGate();
        }
    }

    /// <summary>Flushes what waits, marks the log as closed and closes the file. A failure is not thrown: call <see cref="Flush"/> before to see it.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
            try
            {
                FlushHoldingGate();
                _file.WriteClosingMark(_durable);
            }
            catch (Exception error) when (error is LogWriteException or IOException)
            {
                // What was acknowledged is safe, and nobody was promised the rest.
            }

            _file.Dispose();
        }
    }

    /// <inheritdoc/>
    void IThreadPoolWorkItem.Execute()
    {
        lock (_gate)
        {
            _queued = false;
            if (!_writing && _fault is null && !_disposed && _wanted > _durable)
            {
                RunRoundHoldingGate();
            }
        }
    }

    private static int CheckLength(long length) =>
        length <= FrameLogFormat.MaxPayloadLength
            ? (int)length
            : throw new ArgumentException($"A frame holds up to {FrameLogFormat.MaxPayloadLength} bytes, but found {length}.", nameof(length));

    private uint FlagsOfNext() => _active.Count == 0 ? FrameLogFormat.BatchStart : 0;

    private void MakeRoom(int payloadLength)
    {
        ThrowIfUnusable();
        while (_active.Count > 0 && _active.Count + (long)FrameLogFormat.FrameLength(payloadLength) > _maxBufferedLength)
        {
            FlushHoldingGate();
            ThrowIfUnusable();
        }
    }

    private void FlushHoldingGate()
    {
        var target = _active.End;
        _wanted = Math.Max(_wanted, target);
        while (_durable < target)
        {
            ThrowIfFaulted();
            if (_writing)
            {
                Monitor.Wait(_gate);
            }
            else
            {
                RunRoundHoldingGate();
            }
        }
    }

    /// <summary>Writes and flushes all that waits. The gate is left during the work, so that others can append.</summary>
    private void RunRoundHoldingGate()
    {
        var round = _active;
        (_active, _spare) = (_spare, _active);
        _active.Reset(round.End);
        (_thisRound, _nextRound) = (_nextRound, null);
        _writing = true;
        Monitor.Exit(_gate);
        Exception? failure;
        try
        {
            failure = _file.WriteAndFlush(round);
        }
        finally
        {
            Monitor.Enter(_gate);
        }

        _writing = false;
        if (failure is null)
        {
            _durable = round.End;
            _thisRound?.SetResult();
            QueueRoundIfWanted();
        }
        else
        {
            _fault = failure;
            _thisRound?.SetException(new LogWriteException(Path, _durable, failure));
            _nextRound?.SetException(new LogWriteException(Path, _durable, failure));
            _nextRound = null;
        }

        _thisRound = null;
        Monitor.PulseAll(_gate);
    }

    private void QueueRoundIfWanted()
    {
        if (!_writing && !_queued && _wanted > _durable)
        {
            _queued = true;
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }

    private void ThrowIfUnusable()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        ThrowIfFaulted();
    }

    private void ThrowIfFaulted()
    {
        if (_fault is not null)
        {
            throw new LogWriteException(Path, _durable, _fault);
        }
    }
}
