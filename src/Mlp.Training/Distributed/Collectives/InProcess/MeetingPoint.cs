namespace Mlp.Training.Distributed.Collectives.InProcess;

/// <summary>
/// Where ranks, which are threads, meet. A rank comes to a call (<see cref="Arrive"/>), showing what it asks for; when all have come and ask for the same, they work on each other's memory; and where they do, nobody
/// leaves before all have finished (<see cref="Finish"/>).
/// </summary>
/// <remarks>
/// <b>Points.</b> Coming to a call and finishing it are numbered points; a rank stores the number of its last one in its own slot, and waits until all slots have at least that number. What is shown for a call
/// stays until the call after the next, so a call that works on no foreign memory needs no <see cref="Finish"/>.
/// <para>
/// <b>Failing.</b> A rank that gives up must not let others work on its memory afterwards, and one that works must not lose the others' memory. One word decides: the number of the last call for which "all have come" was found, and a bit for
/// "failed". Both change by compare-and-swap; either the call is granted, and who wanted to give up goes on with it, or the group has failed, and nobody begins. After a call is granted only code of this library runs until all have
/// finished, so that wait needs no limit.
/// </para>
/// </remarks>
internal sealed partial class MeetingPoint
{
    private const long FailedBit = 1;

    private readonly RankSlot[] _slots;
    private readonly object[] _gates;
    private readonly PublishedCall[] _calls;
    private readonly TimeProvider _clock;
    private readonly WaitBudget _budget;
    private CollectiveException? _failure;
    private long _decision;

    /// <summary>Creates the point.</summary>
    /// <param name="name">Name of the group, for sentences.</param>
    /// <param name="worldSize">Number of ranks.</param>
    /// <param name="clock">The clock of time limits.</param>
    public MeetingPoint(string name, int worldSize, TimeProvider clock)
    {
        (Name, WorldSize, _clock) = (name, worldSize, clock);
        _slots = new RankSlot[worldSize];
        _gates = [.. Enumerable.Range(0, worldSize).Select(_ => new object())];
        _calls = new PublishedCall[2 * worldSize];
        _budget = WaitBudget.For(worldSize);
    }

    /// <summary>Name of the group, for sentences.</summary>
    public string Name { get; }

    /// <summary>Number of ranks.</summary>
    public int WorldSize { get; }

    /// <summary>Why nobody meets here any more; null while all is well.</summary>
    public CollectiveException? Failure => Volatile.Read(ref _failure);

    private bool HasFailed => (Volatile.Read(ref _decision) & FailedBit) != 0;

    /// <summary>Comes to a call and waits until all have come and ask for the same.</summary>
    /// <param name="rank">Who comes.</param>
    /// <param name="published">What the rank asks for.</param>
    /// <param name="lastRank">Who came last, as far as this rank has seen.</param>
    /// <returns>Number of the call, for <see cref="Shown"/>.</returns>
    /// <exception cref="CollectiveException">Ranks ask for different things, did not come in time or are gone.</exception>
    /// <exception cref="OperationCanceledException">The call was cancelled.</exception>
    public long Arrive(int rank, in PublishedCall published, out int lastRank)
    {
        ref var slot = ref _slots[rank];
        ThrowIfUnwanted(rank, published.Call);
        var arrival = ++slot.Arrivals;
        _calls[Index(rank, arrival)] = published;
        var phase = Step(rank);
        lastRank = Await(rank, new AllReached(this, phase), published.Call);
        Grant(phase, published.Call);
        ThrowIfMismatched(rank, arrival);
        return arrival;
    }

    /// <summary>Waits until all have finished what they do between coming to a call and this.</summary>
    /// <param name="rank">Who has finished.</param>
    /// <param name="call">The call.</param>
    public void Finish(int rank, in CollectiveCall call)
    {
        var phase = Step(rank);
        AwaitFinish(rank, new AllReached(this, phase), call);
    }

    /// <summary>Number of the call to which a rank comes next.</summary>
    /// <param name="rank">The rank, which asks.</param>
    public long NextArrival(int rank) => _slots[rank].Arrivals + 1;

    /// <summary>What a rank has shown when it came to a call.</summary>
    /// <param name="rank">The rank.</param>
    /// <param name="arrival">Number of the call.</param>
    public ref readonly PublishedCall Shown(int rank, long arrival) => ref _calls[Index(rank, arrival)];

    /// <summary>Makes all ranks throw. Only the first failure counts.</summary>
    /// <param name="failure">What they throw.</param>
    public void Fail(CollectiveException failure)
    {
        Interlocked.CompareExchange(ref _failure, failure, null);
        Interlocked.Or(ref _decision, FailedBit);
        for (var rank = 0; rank < WorldSize; rank++)
        {
            Wake(rank);
        }
    }

    /// <summary>A rank leaves: who waits for it, now or later, fails.</summary>
    /// <param name="rank">The rank.</param>
    public void Leave(int rank)
    {
        Volatile.Write(ref _slots[rank].Left, 1);
        Interlocked.MemoryBarrier();
        for (var other = 0; other < WorldSize; other++)
        {
            Wake(other);
        }
    }

    /// <summary>Throws where the group has failed, or the call was cancelled before it began.</summary>
    /// <param name="rank">Who makes the call.</param>
    /// <param name="call">The call.</param>
    public void ThrowIfUnwanted(int rank, in CollectiveCall call)
    {
        if (call.CancellationToken.IsCancellationRequested)
        {
            Fail(CollectiveSentences.Cancelled(call, Name, rank));
        }

        ThrowIfFailed(call);
    }

    /// <summary>Throws where the group has failed.</summary>
    /// <param name="call">Who asks; its cancellation is told as such.</param>
    public void ThrowIfFailed(in CollectiveCall call)
    {
        if (HasFailed)
        {
            call.CancellationToken.ThrowIfCancellationRequested();
            throw CollectiveFailures.Again(Failure!);
        }
    }

    private static int Index(int rank, long arrival) => (2 * rank) + (int)(arrival & 1);

    private long Step(int rank)
    {
        ref var phase = ref _slots[rank].Phase;
        var next = phase + 1;
        Volatile.Write(ref phase, next);

        // Whoever is the last sees all others' steps, and those who sleep have said so before they looked for the last time.
        Interlocked.MemoryBarrier();
        if (new AllReached(this, next).Awaited < 0)
        {
            for (var other = 0; other < WorldSize; other++)
            {
                Wake(other);
            }
        }

        return next;
    }

    private void Grant(long phase, in CollectiveCall call)
    {
        while (true)
        {
            var decision = Volatile.Read(ref _decision);
            if (decision >> 1 >= phase)
            {
                return;
            }

            ThrowIfFailed(call);
            if (Interlocked.CompareExchange(ref _decision, phase << 1, decision) == decision)
            {
                return;
            }
        }
    }

    private void ThrowIfMismatched(int rank, long arrival)
    {
        ref readonly var first = ref Shown(0, arrival).Call;
        for (var other = 1; other < WorldSize; other++)
        {
            if (!CollectiveComparison.Matches(first, Shown(other, arrival).Call))
            {
                FailAsMismatched(arrival);
                ThrowIfFailed(Shown(rank, arrival).Call);
            }
        }
    }

    private void FailAsMismatched(long arrival)
    {
        CollectiveCall[] calls = [.. Enumerable.Range(0, WorldSize).Select(r => Shown(r, arrival).Call)];
        Fail(CollectiveComparison.Find(calls, Name)!);
    }
}
