namespace Mlp.Features.Online;

/// <summary>
/// Rows that may not be seen yet, because their event time or created time lies ahead: kept beside the row store, so that they do not hide the present row. Thread-safe.
/// </summary>
internal sealed class DueRows
{
    private readonly Lock _gate = new();
    private readonly PriorityQueue<DueRow, long> _queue = new();
    private readonly Dictionary<byte[], HashSet<DueRow>> _byKey = new(RowKeyEquality.Instance);
    private long _nextDue = long.MaxValue;
    private long _size;

    /// <summary>When the next row may be seen, microseconds; <see cref="long.MaxValue"/> when there is none. One volatile read.</summary>
    internal long NextDue => Volatile.Read(ref _nextDue);

    /// <summary>About how many bytes of memory the rows take.</summary>
    internal long Size => Volatile.Read(ref _size);

    /// <summary>Keeps a row.</summary>
    /// <param name="key">View id and canonical entity key; copied.</param>
    /// <param name="row">Row bytes; copied.</param>
    internal void Add(ReadOnlySpan<byte> key, ReadOnlySpan<byte> row)
    {
        var due = OnlineRowCodec.DueTime(OnlineRowCodec.ReadVersion(row));
        lock (_gate)
        {
            if (!_byKey.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(key, out var entries))
            {
                _byKey.Add(key.ToArray(), entries = []);
            }

            var entry = new DueRow(due, key.ToArray(), row.ToArray());
            entries.Add(entry);
            Volatile.Write(ref _size, _size + entry.Size);
            _queue.Enqueue(entry, due);
            Volatile.Write(ref _nextDue, Math.Min(_nextDue, due));
        }
    }

    /// <summary>
    /// Takes the rows that may be seen at a time, to be written into the row store. Until <see cref="Complete"/> they can be found and <see cref="NextDue"/> stays,
    /// so that who reads meanwhile waits instead of missing them. One taker at a time.
    /// </summary>
    /// <param name="now">Microseconds.</param>
    internal List<DueRow> Take(long now)
    {
        var taken = new List<DueRow>();
        lock (_gate)
        {
            while (_queue.TryPeek(out var next, out var due) && due <= now)
            {
                taken.Add(next);
                _queue.Dequeue();
            }
        }

        return taken;
    }

    /// <summary>The rows that were taken are in the row store.</summary>
    /// <param name="taken">What <see cref="Take"/> returned.</param>
    internal void Complete(List<DueRow> taken)
    {
        lock (_gate)
        {
            foreach (var row in taken)
            {
                if (!_byKey.TryGetValue(row.Key, out var entries) || !entries.Remove(row))
                {
                    continue;
                }

                Volatile.Write(ref _size, _size - row.Size);
                if (entries.Count == 0)
                {
                    _byKey.Remove(row.Key);
                }
            }

            Volatile.Write(ref _nextDue, _queue.TryPeek(out var next, out _) ? next.Due : long.MaxValue);
        }
    }

    /// <summary>The rows that were taken could not be written.</summary>
    /// <param name="taken">What <see cref="Take"/> returned.</param>
    internal void PutBack(List<DueRow> taken)
    {
        lock (_gate)
        {
            _queue.EnqueueRange(taken.Select(row => (row, row.Due)));
        }
    }

    /// <summary>Forgets the rows of a view; nobody has taken any.</summary>
    /// <param name="viewId">Number of the view.</param>
    internal void Remove(uint viewId) => Remove(row => OnlineView.ReadViewId(row.Key) == viewId);

    /// <summary>Forgets rows; nobody has taken any.</summary>
    /// <param name="isRemoved">Which.</param>
    internal void Remove(Func<DueRow, bool> isRemoved)
    {
        lock (_gate)
        {
            var kept = _queue.UnorderedItems.Where(item => !isRemoved(item.Element)).ToList();
            _queue.Clear();
            _queue.EnqueueRange(kept);
            foreach (var (key, rows) in _byKey.ToList())
            {
                rows.RemoveWhere(row => isRemoved(row));
                if (rows.Count == 0)
                {
                    _byKey.Remove(key);
                }
            }

            Volatile.Write(ref _size, kept.Sum(item => item.Element.Size));
            Volatile.Write(ref _nextDue, _queue.TryPeek(out var next, out _) ? next.Due : long.MaxValue);
        }
    }

    /// <summary>All rows; nobody has taken any.</summary>
    internal List<DueRow> Snapshot()
    {
        lock (_gate)
        {
            return [.. _queue.UnorderedItems.Select(item => item.Element)];
        }
    }

    /// <summary>The best row of an entity that may be seen at a time, for a question about a time ahead of the clock.</summary>
    /// <param name="key">View id and canonical entity key.</param>
    /// <param name="asOf">The time of the question, microseconds.</param>
    /// <returns>Row bytes, or null.</returns>
    internal byte[]? Find(ReadOnlySpan<byte> key, long asOf)
    {
        lock (_gate)
        {
            if (!_byKey.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(key, out var entries))
            {
                return null;
            }

            byte[]? best = null;
            foreach (var entry in entries)
            {
                if (entry.Due <= asOf && (best is null || OnlineRowCodec.Replaces(entry.Row, best)))
                {
                    best = entry.Row;
                }
            }

            return best;
        }
    }
}
