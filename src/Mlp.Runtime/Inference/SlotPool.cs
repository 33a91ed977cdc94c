using System.Diagnostics.CodeAnalysis;

namespace Mlp.Runtime.Inference;

/// <summary>
/// A bounded set of slots. Renting and returning one costs an exchange and no allocation while there are enough; beyond that callers wait in order.
/// A closed pool takes its slots out of service as they come back, and is drained when the last one has. Thread-safe.
/// </summary>
internal sealed class SlotPool
{
    private readonly Func<InferenceSlot> _create;
    private readonly InferenceSlot?[] _idle;
    private readonly Lock _gate = new();
    private readonly Queue<SlotWaiter> _waiters = new();
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _closed;
    private int _waiterCount;
    private int _created;
    private int _alive = 1;

    /// <summary>Makes an empty pool; slots are made when they are first needed.</summary>
    /// <param name="size">Greatest number of slots, at least 1.</param>
    /// <param name="create">Makes a slot.</param>
    public SlotPool(int size, Func<InferenceSlot> create)
    {
        _create = create;
        _idle = new InferenceSlot?[size];
    }

    /// <summary>Whether no more slots are handed out.</summary>
    public bool IsClosed => _closed;

    /// <summary>Completes when the pool is closed and every slot has come back and been disposed of.</summary>
    public Task Drained => _drained.Task;

    /// <summary>Makes all slots now, so that no call pays for it.</summary>
    /// <param name="warm">Called with each one, before it can be rented.</param>
    public void Fill(Action<InferenceSlot> warm)
    {
        while (TryCreate() is { } slot)
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
    public bool TryRent([NotNullWhen(true)] out InferenceSlot? slot)
    {
        slot = null;
        if (_closed)
        {
            return false;
        }

        // A thread begins where it found a slot before, so that threads do not contend and find their memory warm.
        var index = Environment.CurrentManagedThreadId % _idle.Length;
        for (var i = 0; i < _idle.Length; i++)
        {
            if (Volatile.Read(ref _idle[index]) is not null && Interlocked.Exchange(ref _idle[index], null) is { } found)
            {
                slot = found;
                return true;
            }

            index = index + 1 == _idle.Length ? 0 : index + 1;
        }

        slot = Volatile.Read(ref _created) < _idle.Length ? TryCreate() : null;
        return slot is not null;
    }

    /// <summary>Waits for a slot without holding a thread.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The slot, or null if the pool is closed.</returns>
    public async ValueTask<InferenceSlot?> RentAsync(CancellationToken cancellationToken)
    {
        if (TryRent(out var slot) || _closed)
        {
            return slot;
        }

        var waiter = Enqueue();
        var registration = cancellationToken.UnsafeRegister(static (w, token) => ((SlotWaiter)w!).TrySetCanceled(token), waiter);
        try
        {
            return await waiter.Task.ConfigureAwait(false);
        }
        finally
        {
            await registration.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Waits for a slot on the caller's thread, for calls that promise an answer when they return.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The slot, or null if the pool is closed.</returns>
    public InferenceSlot? Rent(CancellationToken cancellationToken)
    {
        if (TryRent(out var slot) || _closed)
        {
            return slot;
        }

        var waiter = Enqueue();
        using (cancellationToken.UnsafeRegister(static (w, token) => ((SlotWaiter)w!).TrySetCanceled(token), waiter))
        {
            return waiter.Task.GetAwaiter().GetResult();
        }
    }

    /// <summary>Gives a slot back.</summary>
    /// <param name="slot">A slot of this pool that nobody uses any more.</param>
    public void Return(InferenceSlot slot)
    {
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
            Interlocked.Exchange(ref _idle[slot.Index], slot);
            if ((!_closed && Volatile.Read(ref _waiterCount) == 0) || Interlocked.Exchange(ref _idle[slot.Index], null) is null)
            {
                return;
            }
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
            while (_waiters.TryDequeue(out var waiter))
            {
                Interlocked.Decrement(ref _waiterCount);
                waiter.TrySetResult(null);
            }
        }

        Interlocked.MemoryBarrier();
        for (var i = 0; i < _idle.Length; i++)
        {
            if (Interlocked.Exchange(ref _idle[i], null) is { } slot)
            {
                Remove(slot);
            }
        }

        Forget();
    }

    private InferenceSlot? TryCreate()
    {
        lock (_gate)
        {
            if (_closed || _created == _idle.Length)
            {
                return null;
            }

            var slot = _create();
            slot.Index = _created++;
            Interlocked.Increment(ref _alive);
            return slot;
        }
    }

    private SlotWaiter Enqueue()
    {
        var waiter = new SlotWaiter();
        lock (_gate)
        {
            if (_closed)
            {
                waiter.SetResult(null);
                return waiter;
            }

            _waiters.Enqueue(waiter);
            Interlocked.Increment(ref _waiterCount);
        }

        // A slot that came back before the waiter could be seen would otherwise lie idle while it waits.
        if (TryRent(out var slot))
        {
            Return(slot);
        }

        return waiter;
    }

    private bool HandOver(InferenceSlot slot)
    {
        lock (_gate)
        {
            while (_waiters.TryDequeue(out var waiter))
            {
                Interlocked.Decrement(ref _waiterCount);
                if (waiter.TrySetResult(slot))
                {
                    return true;
                }
            }

            return false;
        }
    }

    private void Remove(InferenceSlot slot)
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

    private sealed class SlotWaiter() : TaskCompletionSource<InferenceSlot?>(TaskCreationOptions.RunContinuationsAsynchronously);
}
