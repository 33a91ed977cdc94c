using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Mlp.Runtime.Inference;

/// <summary>
/// A bounded set of slots. Renting and returning one costs an exchange and no allocation while there are enough; beyond that callers wait in order.
/// A closed pool takes its slots out of service as they come back, and is drained when the last one has. Thread-safe.
/// </summary>
internal sealed class SlotPool<TSlot>
    where TSlot : class, IPooledSlot
{
    /// <summary>Up to here a search is as quick as anything, and threads find the slots that they know.</summary>
    private const int LargestSearch = 64;

    private readonly Func<TSlot> _create;
    private readonly int _size;
    private readonly Cell[] _idle;
    private readonly IdleSlots<TSlot>? _stack;
    private readonly Lock _gate = new();
    private readonly LinkedList<SlotWaiter<TSlot>> _waiters = new();
    private readonly SlotQueue _queue;
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _closed;
    private int _waiterCount;
    private int _created;
    private int _alive = 1;

    /// <summary>Makes an empty pool; slots are made when they are first needed.</summary>
    /// <param name="size">Greatest number of slots, at least 1.</param>
    /// <param name="queue">What applies to calls that wait.</param>
    /// <param name="create">Makes a slot.</param>
    public SlotPool(int size, SlotQueue queue, Func<TSlot> create)
    {
        _queue = queue;
        _create = create;
        _size = size;
        _stack = size > LargestSearch ? new IdleSlots<TSlot>(size) : null;
        _idle = new Cell[size];
    }

    /// <summary>Greatest number of slots.</summary>
    public int Size => _size;

    /// <summary>What applies to calls that wait.</summary>
    public SlotQueue Queue => _queue;

    /// <summary>Calls that wait for a slot.</summary>
    public int WaitingCount => Volatile.Read(ref _waiterCount);

    /// <summary>Rows that have run. Calls that have not ended may count or not.</summary>
    public long RowCount
    {
        get
        {
            var count = 0L;
            for (var i = 0; i < _idle.Length; i++)
            {
                count += Volatile.Read(ref _idle[i].RowCount);
            }

            return count;
        }
    }

    /// <summary>Slots that calls hold, counted now; while calls come and go it may be off by some.</summary>
    public int UsedCount
    {
        get
        {
            var idle = _stack?.CountIdle() ?? 0;
            for (var i = 0; i < _idle.Length; i++)
            {
                idle += Volatile.Read(ref _idle[i].IsIdle);
            }

            return Math.Max(0, Volatile.Read(ref _created) - idle);
        }
    }

    /// <summary>Whether no more slots are handed out.</summary>
    public bool IsClosed => _closed;

    /// <summary>Completes when the pool is closed and every slot has come back and been disposed of.</summary>
    public Task Drained => _drained.Task;

    /// <summary>Makes slots now, so that no call pays for it.</summary>
    /// <param name="count">Number of slots, at most the size.</param>
    /// <param name="warm">Called with each one, before it can be rented.</param>
    public void Fill(int count, Action<TSlot> warm)
    {
        while (Volatile.Read(ref _created) < count && TryCreate() is { } slot)
        {
            try
            {
                warm(slot);
            }
            finally
            {
                Return(slot);
            }
        }
    }

    /// <summary>Takes a slot if one is free.</summary>
    /// <param name="slot">The slot; give it back by <see cref="Return"/>.</param>
    /// <returns>False if none is free or the pool is closed.</returns>
    public bool TryRent([NotNullWhen(true)] out TSlot? slot)
    {
        slot = null;
        if (_closed)
        {
            return false;
        }

        if (_stack is not null)
        {
            slot = _stack.TryPop() ?? (Volatile.Read(ref _created) < _size ? TryCreate() : null);
            return slot is not null;
        }

        // A thread begins where it found a slot before, so that threads do not contend and find their memory warm.
        var index = Environment.CurrentManagedThreadId % _idle.Length;
        for (var i = 0; i < _idle.Length; i++)
        {
            ref var cell = ref _idle[index];
            if (Volatile.Read(ref cell.IsIdle) != 0 && Interlocked.Exchange(ref cell.IsIdle, 0) != 0)
            {
                slot = cell.Slot!;
                return true;
            }

            index = index + 1 == _idle.Length ? 0 : index + 1;
        }

        slot = Volatile.Read(ref _created) < _size ? TryCreate() : null;
        return slot is not null;
    }

    /// <summary>Waits for a slot without holding a thread.</summary>
    /// <param name="wait">How long it may last, and of how long a call; null for any time.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The slot, or null if the pool is closed.</returns>
    /// <exception cref="ModelOverloadedException">As many calls wait as may.</exception>
    /// <exception cref="PredictionTimeoutException">The time is up.</exception>
    public async ValueTask<TSlot?> RentAsync(SlotWait? wait, CancellationToken cancellationToken)
    {
        if (TryRent(out var slot) || _closed)
        {
            return slot;
        }

        var waiter = Enqueue(wait);
        try
        {
            using var timer = waiter.StartTimer();
            using var registration = cancellationToken.UnsafeRegister(SlotWaiter<TSlot>.Cancel, waiter);
            return await waiter.Task.ConfigureAwait(false);
        }
        finally
        {
            Leave(waiter);
        }
    }

    /// <summary>Waits for a slot on the caller's thread, for calls that promise an answer when they return.</summary>
    /// <param name="wait">How long it may last, and of how long a call; null for any time.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The slot, or null if the pool is closed.</returns>
    /// <exception cref="ModelOverloadedException">As many calls wait as may.</exception>
    /// <exception cref="PredictionTimeoutException">The time is up.</exception>
    public TSlot? Rent(SlotWait? wait, CancellationToken cancellationToken)
    {
        if (TryRent(out var slot) || _closed)
        {
            return slot;
        }

        var waiter = Enqueue(wait);
        try
        {
            using var timer = waiter.StartTimer();
            using var registration = cancellationToken.UnsafeRegister(SlotWaiter<TSlot>.Cancel, waiter);
            return waiter.Task.GetAwaiter().GetResult();
        }
        finally
        {
            Leave(waiter);
        }
    }

    /// <summary>Gives a slot back.</summary>
    /// <param name="slot">A slot of this pool that nobody uses any more.</param>
    public void Return(TSlot slot)
    {
        // Whoever holds a slot is alone with its cell too.
        _idle[slot.Index].RowCount += slot.EndCall();
        while (true)
        {
            if (_closed)
            {
                Remove(slot);
                return;
            }

            if (Volatile.Read(ref _waiterCount) > 0 && HandOver(slot))
            {
                return;
            }

            // The exchange is a full fence: either this sees a waiter or a close that came in between, or they see the slot.
            Store(slot);
            if ((!_closed && Volatile.Read(ref _waiterCount) == 0) || TakeBack(slot.Index) is not { } found)
            {
                return;
            }

            slot = found;
        }
    }

    /// <summary>Hands out no more slots. Those that are out are disposed of when they come back.</summary>
    public void Close()
    {
        lock (_gate)
        {
            if (_closed)
            {
                return;
            }

            _closed = true;
            while (TakeFirst() is { } waiter)
            {
                waiter.TrySetResult(null);
            }
        }

        Interlocked.MemoryBarrier();
        for (var i = 0; i < _size; i++)
        {
            if (TakeBack(i) is { } slot)
            {
                Remove(slot);
            }
        }

        Forget();
    }

    private TSlot? TryCreate()
    {
        lock (_gate)
        {
            if (_closed || _created == _size)
            {
                return null;
            }

            var slot = _create();
            slot.Index = _created++;
            _idle[slot.Index].Slot = slot;
            Interlocked.Increment(ref _alive);
            return slot;
        }
    }

    private void Store(TSlot slot)
    {
        if (_stack is not null)
        {
            _stack.Push(slot);
        }
        else
        {
            Interlocked.Exchange(ref _idle[slot.Index].IsIdle, 1);
        }
    }

    /// <summary>An idle slot, to be looked after again: of a small pool the one of that index, of a large one any.</summary>
    private TSlot? TakeBack(int index)
    {
        if (_stack is not null)
        {
            return _stack.TryPop();
        }

        return Interlocked.Exchange(ref _idle[index].IsIdle, 0) != 0 ? _idle[index].Slot : null;
    }

    private SlotWaiter<TSlot> Enqueue(SlotWait? wait)
    {
        var waiter = new SlotWaiter<TSlot>(this, wait);
        lock (_gate)
        {
            if (_closed)
            {
                waiter.SetResult(null);
                return waiter;
            }

            if (_waiters.Count >= _queue.MaximumLength)
            {
                throw new ModelOverloadedException(_queue.Model, _queue.Version, Size, _waiters.Count);
            }

            _waiters.AddLast(waiter.Node);
            Interlocked.Increment(ref _waiterCount);
        }

        // A slot that came back before the waiter could be seen would otherwise lie idle while it waits.
        if (TryRent(out var slot))
        {
            Return(slot);
        }

        return waiter;
    }

    /// <summary>A call that has given up waits no more.</summary>
    private void Leave(SlotWaiter<TSlot> waiter)
    {
        lock (_gate)
        {
            if (waiter.Node.List is not null)
            {
                _waiters.Remove(waiter.Node);
                Interlocked.Decrement(ref _waiterCount);
            }
        }
    }

    private SlotWaiter<TSlot>? TakeFirst()
    {
        if (_waiters.First is not { } first)
        {
            return null;
        }

        _waiters.RemoveFirst();
        Interlocked.Decrement(ref _waiterCount);
        return first.Value;
    }

    private bool HandOver(TSlot slot)
    {
        lock (_gate)
        {
            while (TakeFirst() is { } waiter)
            {
                if (waiter.TrySetResult(slot))
                {
                    return true;
                }
            }

            return false;
        }
    }

    private void Remove(TSlot slot)
    {
        slot.Dispose();
        Forget();
    }

    private void Forget()
    {
        if (Interlocked.Decrement(ref _alive) == 0)
        {
            _drained.TrySetResult();
        }
    }

    /// <summary>
    /// An element of an array of structs is reached without a check of its type, which one of an array of objects needs in generic code. The slot stays in its cell; who may use it is a number, whose exchange is one
    /// instruction, while that of a reference is a call. No two cells have a cache line in common.
    /// </summary>
    private struct Cell
    {
        public TSlot? Slot;
        public long RowCount;
        public int IsIdle;
        public CacheLine Gap;
    }

    [InlineArray(8)]
    private struct CacheLine
    {
        private long _first;
    }
}
