namespace Mlp.Runtime.Inference;

/// <summary>
/// The slots of a large pool that are idle, the one that came back last first: taking and returning one costs an exchange, however many there are. The head holds the index of the top
/// and a count that changes with each exchange, so that a top that has gone and come back is not mistaken for one that stayed. Thread-safe.
/// </summary>
/// <param name="size">Greatest number of slots.</param>
internal sealed class IdleSlots<TSlot>(int size)
    where TSlot : class, IPooledSlot
{
    private const long IndexMask = 0xFFFF_FFFF;
    private const long OneChange = 1L << 32;

    private readonly Cell[] _cells = new Cell[size];

    /// <summary>Index of the top plus one, 0 for none, below the count of changes.</summary>
    private long _head;

    /// <summary>Counts the slots; while they come and go it may be off by some.</summary>
    public int CountIdle()
    {
        var count = 0;
        for (var i = 0; i < _cells.Length; i++)
        {
            count += Volatile.Read(ref _cells[i].Slot) is null ? 0 : 1;
        }

        return count;
    }

    /// <summary>Puts a slot on top. A full fence.</summary>
    /// <param name="slot">A slot that nobody uses.</param>
    public void Push(TSlot slot)
    {
        _cells[slot.Index].Slot = slot;
        for (var head = Volatile.Read(ref _head); ;)
        {
            Volatile.Write(ref _cells[slot.Index].Next, (int)(head & IndexMask));
            var found = Interlocked.CompareExchange(ref _head, ((head & ~IndexMask) + OneChange) | (uint)(slot.Index + 1), head);
            if (found == head)
            {
                return;
            }

            head = found;
        }
    }

    /// <summary>Takes the slot on top.</summary>
    /// <returns>The slot, or null if there is none.</returns>
    public TSlot? TryPop()
    {
        for (var head = Volatile.Read(ref _head); (head & IndexMask) != 0;)
        {
            var index = (int)(head & IndexMask) - 1;
            var next = Volatile.Read(ref _cells[index].Next);
            var found = Interlocked.CompareExchange(ref _head, ((head & ~IndexMask) + OneChange) | (uint)next, head);
            if (found == head)
            {
                // Whoever took the slot is alone with its cell until it comes back.
                return Interlocked.Exchange(ref _cells[index].Slot, null);
            }

            head = found;
        }

        return null;
    }

    private struct Cell
    {
        public TSlot? Slot;
        public int Next;
    }
}
