using System.Diagnostics.CodeAnalysis;

namespace Mlp.Runtime.Batching;

/// <summary>
/// Calls that wait, the earliest deadline first and in order of arrival among equal ones: a binary heap whose keys lie in the array. A call with the latest deadline so far, which is
/// what most are, is added in constant time. Not thread-safe.
/// </summary>
internal sealed class DeadlineQueue
{
    private Entry[] _entries = new Entry[64];
    private long _sequence;

    /// <summary>Number of calls.</summary>
    public int Count { get; private set; }

    /// <summary>Number of calls for which a thread waits.</summary>
    public int BlockedCount { get; private set; }

    /// <summary>The call with the earliest deadline; null if the queue is empty.</summary>
    public QueuedCall? First => Count > 0 ? _entries[0].Call : null;

    /// <summary>A call for which a thread waits; null if there is none.</summary>
    public BlockedCall? FindBlocked()
    {
        for (var i = 0; i < Count && BlockedCount > 0; i++)
        {
            if (_entries[i].Call is BlockedCall blocked)
            {
                return blocked;
            }
        }

        return null;
    }

    /// <summary>Number of calls that would be taken before a new one.</summary>
    /// <param name="deadline">Deadline of the new one.</param>
    public int CountBefore(long deadline)
    {
        var count = 0;
        foreach (ref readonly var entry in _entries.AsSpan(0, Count))
        {
            count += entry.Deadline <= deadline ? 1 : 0;
        }

        return count;
    }

    /// <summary>Adds a call.</summary>
    /// <param name="call">A call that is in no queue.</param>
    public void Add(QueuedCall call)
    {
        if (Count == _entries.Length)
        {
            Array.Resize(ref _entries, Count * 2);
        }

        BlockedCount += call.IsBlocked ? 1 : 0;
        Rise(Count++, new Entry(call.Deadline, _sequence++, call));
    }

    /// <summary>Takes the first call out.</summary>
    /// <param name="call">The call with the earliest deadline.</param>
    /// <returns>False if the queue is empty.</returns>
    public bool TryTake([NotNullWhen(true)] out QueuedCall? call)
    {
        call = First;
        if (call is null)
        {
            return false;
        }

        Remove(call);
        return true;
    }

    /// <summary>Takes all calls out, in no order.</summary>
    /// <param name="calls">Receives them; at least as long as the queue.</param>
    public void TakeAll(Span<QueuedCall?> calls)
    {
        for (var i = 0; i < Count; i++)
        {
            calls[i] = _entries[i].Call;
        }

        _entries.AsSpan(0, Count).Clear();
        (Count, BlockedCount) = (0, 0);
    }

    /// <summary>Takes one call out.</summary>
    /// <param name="call">A call of this queue.</param>
    public void Remove(QueuedCall call)
    {
        BlockedCount -= call.IsBlocked ? 1 : 0;
        var hole = call.QueueIndex;
        var last = _entries[--Count];
        _entries[Count] = default;
        if (hole == Count)
        {
            return;
        }

        if (hole > 0 && last.IsBefore(_entries[(hole - 1) / 2]))
        {
            Rise(hole, last);
        }
        else
        {
            Sink(hole, last);
        }
    }

    private void Rise(int at, Entry entry)
    {
        while (at > 0 && entry.IsBefore(_entries[(at - 1) / 2]))
        {
            Put(at, _entries[(at - 1) / 2]);
            at = (at - 1) / 2;
        }

        Put(at, entry);
    }

    private void Sink(int at, Entry entry)
    {
        while ((2 * at) + 1 < Count)
        {
            var child = (2 * at) + 1;
            child += child + 1 < Count && _entries[child + 1].IsBefore(_entries[child]) ? 1 : 0;
            if (!_entries[child].IsBefore(entry))
            {
                break;
            }

            Put(at, _entries[child]);
            at = child;
        }

        Put(at, entry);
    }

    private void Put(int at, Entry entry)
    {
        _entries[at] = entry;
        entry.Call.QueueIndex = at;
    }

    private readonly record struct Entry(long Deadline, long Sequence, QueuedCall Call)
    {
        public bool IsBefore(in Entry other) => Deadline < other.Deadline || (Deadline == other.Deadline && Sequence < other.Sequence);
    }
}
