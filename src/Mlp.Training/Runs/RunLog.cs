using Microsoft.Extensions.Logging;
using Mlp.Runtime;
using Mlp.Runtime.Storage;

namespace Mlp.Training.Runs;

/// <summary>
/// Writes the entries of a run in the background. Entries wait in memory until they are on the device. A segment whose disk has refused is left; the entries that wait go into another one when the
/// disk takes them again. Thread-safe.
/// </summary>
internal sealed class RunLog : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Lock _writing = new();
    private readonly IDiskSync _disk;
    private readonly RunFolder _folder;
    private readonly RunSegmentHeader _header;
    private readonly TimeSpan _interval;
    private readonly int _maximumWaitingBytes;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly ITimer _timer;
    private readonly List<byte[]> _waiting = [];
    private long _waitingBytes;
    private long _lastNumber;
    private long _lost;
    private long _writtenLosses;
    private bool _isArmed;
    private bool _isClosed;
    private Exception? _failure;
    private FrameLogWriter? _segment;
    private int _segments;

    /// <param name="disk">Where durability comes from.</param>
    /// <param name="folder">The run's folder.</param>
    /// <param name="runId">The run.</param>
    /// <param name="options">How often entries are written.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Told when the disk refuses.</param>
    /// <param name="written">Segments that there are, and the number of their last entry, of a run that is continued.</param>
    public RunLog(IDiskSync disk, RunFolder folder, string runId, RunTrackerOptions options, TimeProvider time, ILogger logger, (int Segments, long LastNumber) written = default)
    {
        (_segments, _lastNumber) = written;
        (_disk, _folder, _time, _logger) = (disk, folder, time, logger);
        _header = new RunSegmentHeader(runId);
        (_interval, _maximumWaitingBytes) = (options.CommitInterval, options.MaximumWaitingBytes);
        _timer = time.CreateTimer(_ => OnTimer(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Why the disk refused the last write; null when it took all.</summary>
    public Exception? Failure => Volatile.Read(ref _failure);

    /// <summary>Entries that are lost because too many waited.</summary>
    public long LostEntryCount => Interlocked.Read(ref _lost);

    /// <summary>The longest entry that is taken.</summary>
    public int MaximumEntryBytes => Math.Min(_maximumWaitingBytes, FrameLogFormat.MaxPayloadLength);

    private bool IsClosed
    {
        get
        {
            lock (_gate)
            {
                return _isClosed;
            }
        }
    }

    /// <summary>Takes an entry. Waits for the disk while too many entries wait and the disk has not refused any; loses the entry when too many wait and it has.</summary>
    /// <param name="entry">An entry without number, of up to <see cref="MaximumEntryBytes"/>.</param>
    public void Append(byte[] entry)
    {
        while (!TryTake(entry, _maximumWaitingBytes))
        {
            if (Failure is not null || TryWrite() is not null || IsClosed)
            {
                Lose();
                return;
            }
        }
    }

    /// <summary>Takes the entry that ends the run, for which there is always room.</summary>
    /// <param name="entry">An entry without number.</param>
    public void AppendEnd(byte[] entry) => TryTake(entry, long.MaxValue);

    /// <summary>Writes all that waits.</summary>
    /// <exception cref="RunWriteException">The disk refused.</exception>
    public async Task FlushAsync(CancellationToken cancellationToken)
    {
        if (await Task.Run(TryWrite, cancellationToken).WaitAsync(cancellationToken).ConfigureAwait(false) is not { } failure)
        {
            return;
        }

        int count;
        lock (_gate)
        {
            count = _waiting.Count;
        }

        throw new RunWriteException(
            _folder.Path,
            FormattableString.Invariant($"Expected the disk to take the entries of the run in '{_folder.Path}', but {count} of them wait in memory: {failure.Message}"),
            failure);
    }

    /// <summary>Writes what waits, as far as the disk takes it, and closes the segment.</summary>
    public void Dispose()
    {
        _timer.Dispose();
        TryWrite();
        lock (_writing)
        {
            lock (_gate)
            {
                _isClosed = true;
                if (_waiting.Count > 0)
                {
                    Interlocked.Add(ref _lost, _waiting.Count);
                    _logger.LogError("{Count} entries of the run in '{Folder}' are lost: the disk refused them to the end.", _waiting.Count, _folder.Path);
                }
            }

            _segment?.Dispose();
        }
    }

    private bool TryTake(byte[] entry, long maximumWaitingBytes)
    {
        lock (_gate)
        {
            if (_isClosed || _waitingBytes + entry.Length > maximumWaitingBytes)
            {
                return false;
            }

            Take(entry);
            if (!_isArmed)
            {
                _isArmed = true;
                _timer.Change(_interval, Timeout.InfiniteTimeSpan);
            }

            return true;
        }
    }

    private void Take(byte[] entry)
    {
        RunEntries.SetNumber(entry, ++_lastNumber);
        _waiting.Add(entry);
        _waitingBytes += entry.Length;
    }

    private void Lose()
    {
        if (Interlocked.Increment(ref _lost) == 1)
        {
            _logger.LogError(
                "Entries of the run in '{Folder}' are being lost: the disk refuses them, and {Bytes} bytes of them wait in memory already.", _folder.Path, _maximumWaitingBytes);
        }
    }

    private void OnTimer()
    {
        lock (_gate)
        {
            _isArmed = false;
        }

        var failed = TryWrite() is not null;
        lock (_gate)
        {
            if (failed && !_isArmed && !_isClosed)
            {
                _isArmed = true;
                _timer.Change(_interval, Timeout.InfiniteTimeSpan);
            }
        }
    }

    /// <summary>Writes and flushes all that waits now.</summary>
    /// <returns>Why the disk refused; null when it took all.</returns>
    private Exception? TryWrite()
    {
        lock (_writing)
        {
            byte[][] batch;
            byte[]? losses = null;
            long lost;
            lock (_gate)
            {
                lost = LostEntryCount;
                if (_isClosed || (_waiting.Count == 0 && lost == _writtenLosses))
                {
                    return _isClosed ? null : Failure;
                }

                batch = [.. _waiting];
                if (lost > _writtenLosses)
                {
                    // It waits nowhere: while the disk refuses, each attempt would add one.
                    losses = RunEntries.Fact(new RunFact { Time = _time.GetUtcNow(), Lost = lost });
                    RunEntries.SetNumber(losses, ++_lastNumber);
                }
            }

            try
            {
                Write(batch, losses);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or LogWriteException)
            {
                _segment?.Dispose();
                _segment = null;
                if (Failure is null)
                {
                    _logger.LogError(e, "The run in '{Folder}' cannot be written; its entries wait in memory and are tried again.", _folder.Path);
                }

                Volatile.Write(ref _failure, e);
                return e;
            }

            _writtenLosses = lost;
            Forget(batch);
            return null;
        }
    }

    private void Write(byte[][] batch, byte[]? losses)
    {
        _segment ??= FrameLogWriter.Create(_disk, _folder.Segment(++_segments), _header.ToJson());
        foreach (var entry in batch)
        {
            _segment.Append(entry);
        }

        if (losses is not null)
        {
            _segment.Append(losses);
        }

        _segment.Flush();
    }

    private void Forget(byte[][] batch)
    {
        lock (_gate)
        {
            _waiting.RemoveRange(0, batch.Length);
            _waitingBytes -= batch.Sum(e => (long)e.Length);
        }

        if (Failure is not null)
        {
            Volatile.Write(ref _failure, null);
            _logger.LogInformation("The run in '{Folder}' is written again; {Lost} entries were lost.", _folder.Path, LostEntryCount);
        }
    }
}
