using System.Buffers;
using Mlp.Runtime.Data;
using Mlp.Runtime.Storage;

namespace Mlp.Features.Online;

/// <content>Checkpoints.</content>
internal sealed partial class OnlineStore
{
    // About how long a frame of carried rows gets.
    private const int CarriedFrameLength = 1 << 20;

    /// <summary>Takes a checkpoint, and deletes the parts of both logs that neither it nor the one before needs.</summary>
    /// <param name="cancellationToken">Gives up; the store is as before then.</param>
    internal async Task CheckpointAsync(CancellationToken cancellationToken)
    {
        await _checkpointGate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await ApplyDueAsync().ConfigureAwait(false);
            Volatile.Write(ref _changed, false);
            try
            {
                await TakeCheckpointAsync(cancellationToken).ConfigureAwait(false);
            }
            catch
            {
                Volatile.Write(ref _changed, true);
                throw;
            }
        }
        finally
        {
            _checkpointGate.Release();
        }
    }

    private Task CheckpointIfChangedAsync(CancellationToken cancellationToken)
        => Volatile.Read(ref _changed) ? CheckpointAsync(cancellationToken) : Task.CompletedTask;

    private async Task TakeCheckpointAsync(CancellationToken cancellationToken)
    {
        // From here on new rows go to a new segment, and all rows of the older ones are in the store or among the due rows.
        var replayFrom = await _log.RotateAsync().ConfigureAwait(false);
        if (Fault is { } fault)
        {
            throw new InvalidOperationException($"Expected all rows of the write-ahead log to be in the online store, but it has failed: {fault.Message}", fault);
        }

        await CarryDueRowsAsync().ConfigureAwait(false);
        await CompactIfLongAsync().ConfigureAwait(false);
        var views = DescribeViews();
        var staged = _checkpoints.Stage();
        try
        {
            var store = await Rows.CheckpointAsync(staged, cancellationToken).ConfigureAwait(false);
            var manifest = new OnlineCheckpointManifest(
                OnlineCheckpointManifest.FormatValue,
                VersionedJson.FirstVersion,
                OnlineRowLayout.FormatVersion,
                (_lastCheckpoint?.Number ?? 0) + 1,
                Microseconds.FromRequestTime(_timeProvider.GetUtcNow()),
                replayFrom,
                store,
                OnlineCheckpoints.Describe(staged),
                views);
            _checkpoints.Publish(staged, manifest);
            (_previousCheckpoint, _lastCheckpoint) = (_lastCheckpoint, manifest);
        }
        catch
        {
            OnlineCheckpoints.Discard(staged);
            throw;
        }

        OnlineMetrics.Checkpoints.Add(1);
        RemoveUnneeded();
    }

    /// <summary>Rows that lie in the future are in no row store, so they go on into the new segment.</summary>
    private async Task CarryDueRowsAsync()
    {
        var frame = new ArrayBufferWriter<byte>();
        foreach (var view in _due.Snapshot().GroupBy(row => OnlineView.ReadViewId(row.Key)).Where(view => _registry.CurrentOf(view.Key) == view.Key))
        {
            var count = 0;
            WriteAheadFrame.Begin(frame, view.Key, PushTargets.Online);
            foreach (var row in view)
            {
                if (frame.WrittenCount > CarriedFrameLength)
                {
                    await CarryAsync(frame, count).ConfigureAwait(false);
                    WriteAheadFrame.Begin(frame, view.Key, PushTargets.Online);
                    count = 0;
                }

                WriteAheadFrame.Add(frame, row.Key, hasNullKey: false, row.Row);
                count++;
            }

            await CarryAsync(frame, count).ConfigureAwait(false);
        }
    }

    private async Task CarryAsync(ArrayBufferWriter<byte> frame, int count)
    {
        var bytes = frame.WrittenSpan.ToArray();
        WriteAheadFrame.SetCount(bytes, count);
        var (segment, durable) = _log.Append(bytes, assignSequences: false);
        try
        {
            await durable.ConfigureAwait(false);
        }
        finally
        {
            _log.Leave(segment);
        }
    }

    private async Task CompactIfLongAsync()
    {
        var length = Rows.LogLength;
        if (length >= _options.CompactionLength && length >= 2 * _lastCompactedLength)
        {
            await Rows.CompactAsync(_registry.Retired()).ConfigureAwait(false);
            _lastCompactedLength = Rows.LogLength;
        }
    }

    private List<OnlineCheckpointView> DescribeViews()
    {
        var sequences = _log.SnapshotSequences();
        lock (_marks)
        {
            return
            [
                .. _registry.Snapshot().Select(view => new OnlineCheckpointView(
                    view.Id,
                    view.Name,
                    view.Version,
                    view.Fingerprint,
                    sequences.GetValueOrDefault(view.Id),
                    _marks.TryGetValue(view.Id, out var mark) ? mark : null)),
            ];
        }
    }

    /// <summary>Keeps the last two checkpoints and what they need.</summary>
    private void RemoveUnneeded()
    {
        var oldest = _previousCheckpoint ?? _lastCheckpoint!;
        foreach (var number in _checkpoints.List())
        {
            if (number < oldest.Number)
            {
                _checkpoints.Remove(number);
            }
        }

        // The very first checkpoint has no other to fall back on, so the whole log stays beside it.
        if (_previousCheckpoint is not null)
        {
            _files.DeleteBelow(Math.Min(oldest.ReplayFrom, _pushed.OldestSegment));
            Rows.DeleteLogBelow(oldest.Store.BeginAddress);
        }
    }
}
