using Mlp.Features.Offline;
using Mlp.Runtime;
using Mlp.Runtime.Data;
using Mlp.Runtime.Storage;

namespace Mlp.Features.Online;

/// <summary>
/// The write-ahead log: a row is on the device here before it is anywhere else. Sequence numbers, the order of the log and the order of the rows that wait for the offline store are one,
/// because one gate gives them out. Thread-safe.
/// </summary>
/// <param name="files">The files.</param>
/// <param name="current">The segment that takes frames.</param>
/// <param name="pushed">Gets the rows that go to the offline store.</param>
/// <param name="target">Gives out sequence numbers.</param>
/// <param name="lastSequences">The highest sequence number given out so far, per view.</param>
internal sealed class WriteAheadLog(
    WriteAheadFiles files,
    WriteAheadSegment current,
    PushedRows pushed,
    IOfflinePushTarget target,
    Dictionary<uint, long> lastSequences)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<uint, uint> _retired = [];
    private WriteAheadSegment _current = current;
    private long _length;

    /// <summary>Bytes of frames since the current segment was started.</summary>
    internal long Length => Volatile.Read(ref _length);

    /// <summary>The first failure of the log; it takes nothing more then.</summary>
    internal Exception? Fault { get; private set; }

    /// <summary>Appends a frame and starts its way to the device.</summary>
    /// <param name="frame">The payload; its rows get their sequence numbers here.</param>
    /// <param name="assignSequences">Whether the rows get sequence numbers; rows from the offline store have theirs.</param>
    /// <returns>The segment, which must be left (<see cref="Leave"/>) when the rows are applied, and the task that completes when the frame is on the device.</returns>
    internal (WriteAheadSegment Segment, Task Durable) Append(Span<byte> frame, bool assignSequences)
    {
        var viewId = WriteAheadFrame.ViewIdOf(frame);
        lock (_gate)
        {
            var first = 0L;
            if (assignSequences)
            {
                if (_retired.TryGetValue(viewId, out var current))
                {
                    // The view was cleared after the rows were encoded, so they count as pushed after that.
                    WriteAheadFrame.SetViewId(frame, viewId = current);
                }

                var count = WriteAheadFrame.CountOf(frame);
                first = target.ReserveSequences(viewId, count, lastSequences.GetValueOrDefault(viewId));
                lastSequences[viewId] = IngestSequences.Last(first, count);
                WriteAheadFrame.SetSequences(frame, first);
            }

            var position = _current.Writer.Append(frame);
            var durable = _current.Writer.CommitAsync(position, CancellationToken.None).AsTask();
            _length += frame.Length;
            _current.Enter();
            if (assignSequences && WriteAheadFrame.TargetsOf(frame).HasFlag(PushTargets.Offline))
            {
                pushed.Add(viewId, new PushedFrame(_current.Number, durable, frame.ToArray(), first, WriteAheadFrame.CountOf(frame)));
            }

            return (_current, durable);
        }
    }

    /// <summary>A view is cleared: rows that are appended from now on go under its new number, in front of them those that wait for the offline store.</summary>
    /// <param name="old">The number so far.</param>
    /// <param name="current">The number from now on.</param>
    internal void Retire(uint old, uint current)
    {
        lock (_gate)
        {
            foreach (var earlier in _retired.Keys.Where(key => _retired[key] == old).Append(old).ToList())
            {
                _retired[earlier] = current;
            }

            if (lastSequences.Remove(old, out var last))
            {
                lastSequences[current] = last;
            }

            pushed.Move(old, current);
        }
    }

    /// <summary>The rows of a frame are applied, or never will be.</summary>
    /// <param name="segment">What <see cref="Append"/> returned.</param>
    /// <param name="fault">Why they never will be.</param>
    internal void Leave(WriteAheadSegment segment, Exception? fault = null)
    {
        lock (_gate)
        {
            Fault ??= fault;
            segment.Leave();
        }
    }

    /// <summary>The log has failed.</summary>
    /// <param name="fault">Why.</param>
    internal void Fail(Exception fault)
    {
        lock (_gate)
        {
            Fault ??= fault;
        }
    }

    /// <summary>Starts a new segment and waits until all rows of the older ones are applied.</summary>
    /// <returns>Number of the new segment.</returns>
    internal async Task<long> RotateAsync()
    {
        var next = files.Create(_current.Number + 1);
        WriteAheadSegment old;
        Task drained;
        lock (_gate)
        {
            (old, drained) = Continue(next);
            _length = 0;
        }

        await drained.ConfigureAwait(false);
        old.Writer.Dispose();
        return next.Number;
    }

    /// <summary>
    /// Starts a new segment with a deletion that reaches all rows that were pushed before it, and waits until all rows of the older segments are applied. Not beside <see cref="RotateAsync"/>.
    /// </summary>
    /// <param name="viewId">Number of the view.</param>
    /// <param name="key">Key parts; null stands for any value.</param>
    /// <returns>The segment, which must be left when the deletion is applied; the task that completes when it is on the device; the frame.</returns>
    internal async Task<(WriteAheadSegment Segment, Task Durable, byte[] Frame)> RotateToDeletionAsync(uint viewId, EntityValue[] key)
    {
        var next = files.Create(_current.Number + 1, WriteAheadHeader.DeletionFormatVersion);
        WriteAheadSegment old;
        Task drained, durable;
        byte[] frame;
        lock (_gate)
        {
            // Behind every number that the view has given out or got with rows of an earlier version, and in front of those of later pushes.
            var through = target.ReserveSequences(viewId, 1, lastSequences.GetValueOrDefault(viewId));
            lastSequences[viewId] = through;
            frame = WriteAheadFrame.CreateDeletion(viewId, through, key);
            durable = next.Writer.CommitAsync(next.Writer.Append(frame), CancellationToken.None).AsTask();
            (old, drained) = Continue(next);
            next.Enter();
            _length += frame.Length;
        }

        await drained.ConfigureAwait(false);
        old.Writer.Dispose();
        return (next, durable, frame);
    }

    private (WriteAheadSegment Old, Task Drained) Continue(WriteAheadSegment next)
    {
        var old = _current;
        _current = next;
        return (old, old.DrainAsync());
    }

    /// <summary>The highest sequence numbers, per view.</summary>
    internal Dictionary<uint, long> SnapshotSequences()
    {
        lock (_gate)
        {
            return new Dictionary<uint, long>(lastSequences);
        }
    }

    /// <summary>Closes the current segment.</summary>
    internal void Close() => _current.Writer.Dispose();
}
