using System.Globalization;
using Mlp.Features.Ingestion;
using Mlp.Runtime;
using Mlp.Runtime.Data;

namespace Mlp.Features.Online;

/// <content>Writing.</content>
internal sealed partial class OnlineStore
{
    // How many batches may wait for the offline store before who pushes waits too.
    private const int WaitingBatches = 8;
    private const int PendingWrites = 256;

    /// <summary>Writes the rows of a frame. When the task completes they are on the device and can be read.</summary>
    /// <param name="frame">A frame of rows (<see cref="WriteAheadFrame"/>); in use until the task completes.</param>
    /// <param name="assignSequences">Whether the rows get sequence numbers now; rows from the offline store have theirs.</param>
    /// <param name="cancellationToken">Gives up before anything is written; later it is ignored.</param>
    internal async ValueTask WriteAsync(Memory<byte> frame, bool assignSequences, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        ThrowIfUnusable();
        var targets = WriteAheadFrame.TargetsOf(frame.Span);
        CheckLengths(frame.Span);
        if (targets.HasFlag(PushTargets.Offline) && _pushed.Count > (long)_options.OfflineBatchSize * WaitingBatches)
        {
            await FoldAsync(_options.OfflineBatchSize, cancellationToken).ConfigureAwait(false);
        }

        await WriteAppendedAsync(frame, Append(frame.Span, assignSequences)).ConfigureAwait(false);
        if (targets.HasFlag(PushTargets.Offline) && _pushed.Count >= _options.OfflineBatchSize)
        {
            _foldSignal.Writer.TryWrite(true);
        }

        if (_log.Length >= _options.CheckpointWriteAheadLength)
        {
            _checkpointSignal.Writer.TryWrite(true);
        }
    }

    /// <summary>Brings the rows that may be seen now into the row store.</summary>
    internal async Task ApplyDueAsync()
    {
        await _dueGate.WaitAsync(CancellationToken.None).ConfigureAwait(false);
        try
        {
            var taken = _due.Take(Now);
            if (taken.Count == 0)
            {
                return;
            }

            try
            {
                using var writer = Rows.RentWriter();
                foreach (var row in taken)
                {
                    writer.Write(row.Key, row.Row);
                }

                await writer.CompleteAsync().ConfigureAwait(false);
                Volatile.Write(ref _changed, true);
            }
            catch
            {
                _due.PutBack(taken);
                throw;
            }

            _due.Complete(taken);
        }
        finally
        {
            _dueGate.Release();
        }
    }

    /// <summary>Writes pushed rows of the views of which enough wait to the offline store, as one commit per batch.</summary>
    /// <param name="minimumRows">How many rows of a view must wait.</param>
    /// <param name="cancellationToken">Gives up.</param>
    internal async Task FoldAsync(int minimumRows, CancellationToken cancellationToken)
    {
        await _foldGate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            foreach (var viewId in _pushed.ViewsWith(minimumRows))
            {
                // Those that wait now: who pushes without a pause must not keep a flush from ever ending.
                var through = _pushed.LastSequenceOf(viewId);
                while (_pushed.Peek(viewId, _options.OfflineBatchSize * 4L, through) is { Count: > 0 } frames)
                {
                    await KeepDurableAsync(frames, cancellationToken).ConfigureAwait(false);
                    if (frames.Count == 0)
                    {
                        break;
                    }

                    await _target.CommitAsync(viewId, frames, cancellationToken).ConfigureAwait(false);
                    _pushed.Remove(viewId, frames);
                }
            }
        }
        finally
        {
            _foldGate.Release();
        }
    }

    /// <summary>Waits until frames are on the device and drops those that never will be: nothing may be offline that the write-ahead log has lost, and they were not acknowledged.</summary>
    private static async Task KeepDurableAsync(List<PushedFrame> frames, CancellationToken cancellationToken)
    {
        for (var i = 0; i < frames.Count; i++)
        {
            try
            {
                await frames[i].Durable.WaitAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (LogWriteException)
            {
                frames.RemoveRange(i, frames.Count - i);
            }
        }
    }

    /// <summary>Forgets the rows of a view and how far it has been materialised. When the task completes that is on the device. No materialization runs meanwhile.</summary>
    /// <param name="view">The view; it gets another number.</param>
    /// <param name="cancellationToken">Gives up before anything is forgotten.</param>
    internal async Task ClearAsync(OnlineView view, CancellationToken cancellationToken)
    {
        await _foldGate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await _dueGate.WaitAsync(cancellationToken).ConfigureAwait(false);
            try
            {
                ThrowIfUnusable();
                Clear(view);
            }
            finally
            {
                _dueGate.Release();
            }
        }
        finally
        {
            _foldGate.Release();
        }
    }

    private void Clear(OnlineView view)
    {
        var old = view.Id;
        uint current;
        try
        {
            current = _registry.Renew(old);
        }
        catch (Exception error)
        {
            // The file may name the new number already, and rows under the old one would not come back at the next opening.
            _log.Fail(error);
            throw;
        }

        _log.Retire(old, current);
        view.MoveTo(current);
        Rows.ForgetView(old);
        _due.Remove(old);
        lock (_marks)
        {
            _marks.Remove(old);
        }

        Volatile.Write(ref _changed, true);
    }

    /// <summary>How far a view has been materialised, or null.</summary>
    /// <param name="viewId">Number of the view.</param>
    internal MaterializationMark? FindMark(uint viewId)
    {
        lock (_marks)
        {
            return _marks.TryGetValue(viewId, out var mark) ? mark : null;
        }
    }

    /// <summary>Remembers how far a view has been materialised. When the task completes it is on the device.</summary>
    /// <param name="viewId">Number of the view.</param>
    /// <param name="mark">How far.</param>
    internal async Task SetMarkAsync(uint viewId, MaterializationMark mark)
    {
        ThrowIfUnusable();
        var (segment, durable) = Append(WriteAheadFrame.CreateMark(viewId, mark), assignSequences: false);
        Exception? failure = null;
        try
        {
            await durable.ConfigureAwait(false);
            lock (_marks)
            {
                _marks[viewId] = mark;
            }
        }
        catch (Exception error)
        {
            failure = error;
            throw;
        }
        finally
        {
            _log.Leave(segment, failure);
        }
    }

    /// <summary>Refuses rows that the row store could never hold, before they are in the log; also rows for the offline store alone, which a materialization would bring.</summary>
    /// <param name="frame">A frame of rows.</param>
    /// <param name="firstRow">What its first row is called.</param>
    /// <exception cref="IngestException">A row is too long.</exception>
    internal void CheckLengths(ReadOnlySpan<byte> frame, long firstRow = 1)
    {
        var maximum = Rows.MaximumRecordLength;
        var position = WriteAheadFrame.HeaderLength;
        for (var number = firstRow; position < frame.Length && WriteAheadFrame.TryRead(frame, ref position, out var key, out _, out var row); number++)
        {
            var length = key.Length + frame[row].Length;
            if (length > maximum)
            {
                var view = _registry.Find(WriteAheadFrame.ViewIdOf(frame));
                throw new IngestException("the pushed rows", OnlineRowLength.Describe(view?.Name ?? "unknown", view?.Version ?? 0, number, length, maximum), row: number);
            }
        }
    }

    /// <summary>Refuses pushed rows ahead of the clock for which there is no memory, before any is in the log.</summary>
    /// <param name="frames">The frames of one push.</param>
    /// <exception cref="FutureRowsException">They do not fit.</exception>
    internal void CheckFuture(IReadOnlyList<byte[]> frames)
    {
        var (now, size, latest) = (Now, 0L, long.MinValue);
        foreach (var frame in frames.Where(frame => WriteAheadFrame.TargetsOf(frame).HasFlag(PushTargets.Online)))
        {
            var position = WriteAheadFrame.HeaderLength;
            while (position < frame.Length && WriteAheadFrame.TryRead(frame, ref position, out var key, out _, out var row))
            {
                if (OnlineRowCodec.DueTime(OnlineRowCodec.ReadVersion(frame.AsSpan(row))) is var due && due > now)
                {
                    (size, latest) = (size + DueRow.SizeOf(key, frame.AsSpan(row)), Math.Max(latest, due));
                }
            }
        }

        if (size > 0 && _due.Size + size > _options.FutureRowsSize)
        {
            var view = _registry.Find(WriteAheadFrame.ViewIdOf(frames[0]));
            throw new FutureRowsException(string.Create(
                CultureInfo.InvariantCulture,
                $"Expected at most {_options.FutureRowsSize} bytes of rows whose time lies ahead of the clock, but {_due.Size} wait and this push into feature view '{view?.Name}' version {view?.Version} has {size}, the last of them for {(latest - now) / 1e6:F3} s from now. Check the clock of the producer, or raise {nameof(OnlineStoreOptions.FutureRowsSize)}."));
        }
    }

    private (WriteAheadSegment Segment, Task Durable) Append(Span<byte> frame, bool assignSequences)
    {
        try
        {
            var appended = _log.Append(frame, assignSequences);
            Volatile.Write(ref _changed, true);
            return appended;
        }
        catch (LogWriteException error)
        {
            _log.Fail(error);
            throw;
        }
    }

    private async Task WriteAppendedAsync(Memory<byte> frame, (WriteAheadSegment Segment, Task Durable) appended)
    {
        Exception? failure = null;
        try
        {
            await appended.Durable.ConfigureAwait(false);
            if (WriteAheadFrame.TargetsOf(frame.Span).HasFlag(PushTargets.Online))
            {
                await ApplyAsync(Rows, _due, frame, Now).ConfigureAwait(false);
            }

            OnlineMetrics.PushedRows.Add(WriteAheadFrame.CountOf(frame.Span));
        }
        catch (Exception error)
        {
            // The rows may be on the device and not in the store: no checkpoint may say otherwise, so the store stops here and its log tells the truth at the next opening.
            failure = error;
            throw;
        }
        finally
        {
            _log.Leave(appended.Segment, failure);
        }
    }

    /// <summary>Brings the rows of a frame into the row store, or among the due rows if they lie ahead of a time.</summary>
    /// <param name="rows">The row store.</param>
    /// <param name="due">The due rows.</param>
    /// <param name="frame">The frame.</param>
    /// <param name="now">Microseconds.</param>
    internal static async ValueTask ApplyAsync(IOnlineRowStore rows, DueRows due, ReadOnlyMemory<byte> frame, long now)
    {
        using var writer = rows.RentWriter();
        var position = WriteAheadFrame.HeaderLength;
        try
        {
            while (ApplySome(writer, due, frame.Span, ref position, now))
            {
                await writer.CompleteAsync().ConfigureAwait(false);
            }
        }
        finally
        {
            await writer.CompleteAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Writes rows until the frame ends (false) or many writes wait for the disk (true).</summary>
    private static bool ApplySome(IOnlineRowWriter writer, DueRows due, ReadOnlySpan<byte> frame, ref int position, long now)
    {
        var pending = 0;
        while (pending < PendingWrites)
        {
            if (!WriteAheadFrame.TryRead(frame, ref position, out var key, out var hasNullKey, out var range))
            {
                return false;
            }

            var row = frame[range];
            if (hasNullKey)
            {
                // No entity is meant; every feature of a null key reads Missing.
            }
            else if (!Visibility.IsVisible(OnlineRowCodec.DueTime(OnlineRowCodec.ReadVersion(row)), now))
            {
                due.Add(key, row);
            }
            else if (!writer.Write(key, row))
            {
                pending++;
            }
        }

        return true;
    }
}
