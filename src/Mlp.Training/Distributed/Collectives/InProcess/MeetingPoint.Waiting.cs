namespace Mlp.Training.Distributed.Collectives.InProcess;

// A rank that waits looks for some microseconds, since most waits are as short, and sleeps then.
internal sealed partial class MeetingPoint
{
    // Who sleeps is woken; the slice is how late a time limit or a cancellation is noticed.
    private static readonly TimeSpan Slice = TimeSpan.FromMilliseconds(10);

    /// <summary>Waits for a condition, or until the group has failed: the time limit, cancellation and a rank that has left make it fail.</summary>
    /// <param name="rank">Who waits.</param>
    /// <param name="condition">What for.</param>
    /// <param name="call">The call in which it waits.</param>
    /// <returns>The rank that was waited for at the end; <paramref name="rank"/> where there was no wait.</returns>
    public int Await<TCondition>(int rank, TCondition condition, in CollectiveCall call)
        where TCondition : struct, IWaitCondition
        => Await(rank, condition, call, _budget.Arrival(call.InBackground), mayFail: true);

    /// <summary>Waits for what comes soon in any case, since only code of this library stands before it.</summary>
    /// <param name="rank">Who waits.</param>
    /// <param name="condition">What for.</param>
    /// <param name="call">The call in which it waits.</param>
    public void AwaitFinish<TCondition>(int rank, TCondition condition, in CollectiveCall call)
        where TCondition : struct, IWaitCondition
        => Await(rank, condition, call, _budget.ForFinish, mayFail: false);

    /// <summary>Wakes a rank that sleeps.</summary>
    /// <param name="rank">The rank.</param>
    public void Wake(int rank)
    {
        ref var parked = ref _slots[rank].Parked;
        if (Volatile.Read(ref parked) == 0)
        {
            return;
        }

        lock (_gates[rank])
        {
            parked = 0;
            Monitor.Pulse(_gates[rank]);
        }
    }

    /// <summary>The call at which a rank waits for another.</summary>
    /// <param name="waiting">The one.</param>
    /// <param name="other">The other, which asks.</param>
    /// <returns>The call; null where the one does not wait for the other.</returns>
    public CollectiveCall? FindAhead(int waiting, int other)
        => Volatile.Read(ref _slots[waiting].Phase) > _slots[other].Phase ? Shown(waiting, _slots[other].Arrivals + 1).Call : null;

    private int Await<TCondition>(int rank, TCondition condition, in CollectiveCall call, int looks, bool mayFail)
        where TCondition : struct, IWaitCondition
    {
        var last = rank;
        for (var look = 0; look < looks; look++)
        {
            var awaited = condition.Awaited;
            if (awaited < 0)
            {
                return last;
            }

            last = awaited;
            _budget.Pause(look);
        }

        return Sleep(rank, condition, call, mayFail) is var slept && slept < 0 ? last : slept;
    }

    private int Sleep<TCondition>(int rank, TCondition condition, in CollectiveCall call, bool mayFail)
        where TCondition : struct, IWaitCondition
    {
        var (started, last) = (_clock.GetTimestamp(), -1);
        while (condition.Awaited is var awaited && awaited >= 0)
        {
            last = awaited;
            if (mayFail && (HasFailed || IsHopeless(rank, condition, call, started)))
            {
                return last;
            }

            Park(rank, condition, mayFail);
        }

        return last;
    }

    private void Park<TCondition>(int rank, TCondition condition, bool mayFail)
        where TCondition : struct, IWaitCondition
    {
        ref var parked = ref _slots[rank].Parked;
        Interlocked.Exchange(ref parked, 1);
        if (condition.Awaited >= 0 && !(mayFail && HasFailed))
        {
            lock (_gates[rank])
            {
                if (parked == 1)
                {
                    Monitor.Wait(_gates[rank], Slice);
                }
            }
        }

        Volatile.Write(ref parked, 0);
    }

    private bool IsHopeless<TCondition>(int rank, TCondition condition, in CollectiveCall call, long started)
        where TCondition : struct, IWaitCondition
    {
        var waited = _clock.GetElapsedTime(started);
        if (call.CancellationToken.IsCancellationRequested)
        {
            Fail(CollectiveSentences.Cancelled(call, Name, rank));
        }
        else if (FindLost(condition) is var lost && lost >= 0)
        {
            Fail(CollectiveSentences.Lost(call, Name, lost, "its group was disposed"));
        }
        else if (condition.FindContradiction(call) is { } contradiction && condition.Awaited >= 0)
        {
            // Looked at again: the other may have done its part and gone on to that call.
            Fail(contradiction);
        }
        else if (waited >= call.Timeout && Enumerable.Range(0, WorldSize).Where(condition.IsMissing).ToArray() is { Length: > 0 } missing)
        {
            Fail(CollectiveSentences.TimedOut(call, Name, missing, WorldSize, call.Timeout));
        }

        return HasFailed;
    }

    private int FindLost<TCondition>(TCondition condition)
        where TCondition : struct, IWaitCondition
    {
        for (var rank = 0; rank < _slots.Length; rank++)
        {
            // Left first, then whether it is still missing: a rank that came before it left is not.
            if (Volatile.Read(ref _slots[rank].Left) != 0 && condition.IsMissing(rank))
            {
                return rank;
            }
        }

        return -1;
    }

    /// <summary>All ranks have reached a point.</summary>
    private readonly struct AllReached(MeetingPoint point, long phase) : IWaitCondition
    {
        public int Awaited
        {
            get
            {
                var slots = point._slots;
                for (var rank = 0; rank < slots.Length; rank++)
                {
                    if (Volatile.Read(ref slots[rank].Phase) < phase)
                    {
                        return rank;
                    }
                }

                return -1;
            }
        }

        public bool IsMissing(int rank) => Volatile.Read(ref point._slots[rank].Phase) < phase;

        public CollectiveException? FindContradiction(in CollectiveCall call) => null;
    }
}
