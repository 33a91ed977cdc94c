using Mlp.Runtime;
using Mlp.Runtime.Data;

namespace Mlp.Features.Online;

/// <content>Deletion of an entity.</content>
internal sealed partial class OnlineStore
{
    /// <summary>Removes the rows of an entity that were written before. When the task completes that is on the device. No materialization runs meanwhile; pushes may, and their rows stay.</summary>
    /// <param name="view">The view.</param>
    /// <param name="key">Key parts; null stands for any value.</param>
    /// <returns>Sequence of the last pushed row that was reached.</returns>
    internal async Task<long> DeleteAsync(OnlineView view, EntityValue[] key)
    {
        // Neither may a checkpoint carry rows over into a newer segment meanwhile, nor may rows be on their way from the due rows into the store.
        await _checkpointGate.WaitAsync(CancellationToken.None).ConfigureAwait(false);
        try
        {
            await _dueGate.WaitAsync(CancellationToken.None).ConfigureAwait(false);
            try
            {
                ThrowIfUnusable();
                return await DeleteUnderGatesAsync(view, key).ConfigureAwait(false);
            }
            finally
            {
                _dueGate.Release();
            }
        }
        finally
        {
            _checkpointGate.Release();
        }
    }

    /// <summary>
    /// Sees to it that no file of the store holds what was deleted before: moves the kept rows to new parts of the log, takes two checkpoints, and overwrites or removes what is older.
    /// </summary>
    /// <param name="cancellationToken">Gives up; the store is as before then.</param>
    internal async Task EraseAsync(CancellationToken cancellationToken)
    {
        await FoldAsync(1, cancellationToken).ConfigureAwait(false);
        await CheckpointAsync(cancellationToken).ConfigureAwait(false);
        await _checkpointGate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await Rows.CompactAsync(_registry.Retired()).ConfigureAwait(false);
            _lastCompactedLength = Rows.LogLength;
        }
        finally
        {
            _checkpointGate.Release();
        }

        await CheckpointAsync(cancellationToken).ConfigureAwait(false);
        await FoldAsync(1, cancellationToken).ConfigureAwait(false);
        await CheckpointAsync(cancellationToken).ConfigureAwait(false);
        await _checkpointGate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            Rows.EraseLogBelow(_previousCheckpoint!.Store.BeginAddress);
        }
        finally
        {
            _checkpointGate.Release();
        }
    }

    /// <summary>Applies a deletion to the row store and the due rows.</summary>
    /// <param name="rows">The row store.</param>
    /// <param name="due">The due rows; nobody has taken any.</param>
    /// <param name="frame">The frame.</param>
    internal static async ValueTask ApplyDeletionAsync(IOnlineRowStore rows, DueRows due, ReadOnlyMemory<byte> frame)
    {
        var viewId = WriteAheadFrame.ViewIdOf(frame.Span);
        var (through, pattern) = WriteAheadFrame.ReadDeletion(frame.Span);
        due.Remove(row => IsMeant(row.Key, viewId, pattern) && OnlineRowCodec.Deletes(through, row.Row));
        using var writer = rows.RentWriter();
        try
        {
            var pending = 0;
            foreach (var key in FindKeys(rows, viewId, pattern))
            {
                pending += writer.Delete(key, through) ? 0 : 1;
                if (pending == PendingWrites)
                {
                    await writer.CompleteAsync().ConfigureAwait(false);
                    pending = 0;
                }
            }
        }
        finally
        {
            await writer.CompleteAsync().ConfigureAwait(false);
        }
    }

    private static HashSet<byte[]> FindKeys(IOnlineRowStore rows, uint viewId, EntityValue[] pattern)
    {
        var keys = new HashSet<byte[]>(RowKeyEquality.Instance);
        if (!EntityKeyEncoding.ContainsNull(pattern))
        {
            var key = new byte[OnlineView.GetMaximumKeyLength(pattern)];
            keys.Add(key[..OnlineView.EncodeKey(viewId, pattern, key)]);
            return keys;
        }

        var known = keys.GetAlternateLookup<ReadOnlySpan<byte>>();
        rows.Scan((key, _) =>
        {
            if (IsMeant(key, viewId, pattern))
            {
                known.Add(key);
            }
        });
        return keys;
    }

    private static bool IsMeant(ReadOnlySpan<byte> key, uint viewId, EntityValue[] pattern)
    {
        if (OnlineView.ReadViewId(key) != viewId)
        {
            return false;
        }

        var parts = EntityKeyEncoding.Decode(key[OnlineView.KeyPrefixLength..]);
        for (var i = 0; i < pattern.Length; i++)
        {
            if (!pattern[i].IsNull && pattern[i] != parts[i])
            {
                return false;
            }
        }

        return true;
    }

    private async Task<long> DeleteUnderGatesAsync(OnlineView view, EntityValue[] key)
    {
        WriteAheadSegment segment;
        Task durable;
        byte[] frame;
        try
        {
            (segment, durable, frame) = await _log.RotateToDeletionAsync(view.Id, key).ConfigureAwait(false);
        }
        catch (LogWriteException error)
        {
            _log.Fail(error);
            throw;
        }

        Volatile.Write(ref _changed, true);
        Exception? failure = null;
        try
        {
            await durable.ConfigureAwait(false);
            await ApplyDeletionAsync(Rows, _due, frame).ConfigureAwait(false);
            return WriteAheadFrame.ReadDeletion(frame).ThroughSequence;
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
}
