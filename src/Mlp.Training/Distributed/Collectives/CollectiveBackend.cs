namespace Mlp.Training.Distributed.Collectives;

/// <summary>
/// One rank's end of a group: moves bytes and adds them up. <see cref="ProcessGroup"/> has checked the arguments, numbers the calls and makes one at a time; a backend compares the calls of the ranks,
/// keeps the time limit and says who is to blame. Calls of one end come from one thread at a time, <see cref="Abort"/> from any.
/// </summary>
/// <remarks>
/// Every call throws <see cref="CollectiveMismatchException"/>, <see cref="CollectiveTimeoutException"/>, <see cref="RankLostException"/> or <see cref="OperationCanceledException"/>. Whichever end
/// throws first makes all others throw too, with the same sentence, in well under their own time limit. Buffers hold anything after that.
/// </remarks>
internal abstract class CollectiveBackend : IAsyncDisposable
{
    /// <summary>"in-process", "tcp", "mpi", "nccl".</summary>
    public abstract string Name { get; }

    /// <summary>This end's rank, 0 to <see cref="WorldSize"/> - 1.</summary>
    public abstract int Rank { get; }

    /// <summary>Ranks in the group.</summary>
    public abstract int WorldSize { get; }

    /// <summary>Is told by the backend when all ranks have met (<see cref="ICollectiveObserver.Met"/>); the rest is told by <see cref="ProcessGroup"/>. Null for nobody.</summary>
    public ICollectiveObserver? Observer { get; set; }

    /// <summary>Why all calls throw, as far as this end has heard; null while all is well. Asked by a backend that meets by another.</summary>
    public virtual CollectiveException? Failure => null;

    /// <summary>Whether spans may be of a GPU's memory, which nobody else reads.</summary>
    public virtual bool TakesDeviceMemory => false;

    /// <summary>Reduces in place, on every rank.</summary>
    public abstract void AllReduce(in CollectiveCall call, Span<byte> values);

    /// <summary>Reduces; each rank gets the part that <see cref="CollectiveCall.Counts"/> (or an equal division) gives to it.</summary>
    /// <param name="call">The call.</param>
    /// <param name="values">All parts; unchanged.</param>
    /// <param name="result">This rank's part.</param>
    public abstract void ReduceScatter(in CollectiveCall call, ReadOnlySpan<byte> values, Span<byte> result);

    /// <summary>Puts the ranks' values one after the other.</summary>
    /// <param name="call">The call.</param>
    /// <param name="values">This rank's part; may lie in <paramref name="result"/> at its own place.</param>
    /// <param name="result">All parts.</param>
    public abstract void AllGather(in CollectiveCall call, ReadOnlySpan<byte> values, Span<byte> result);

    /// <summary>Gives the root's values to all.</summary>
    public abstract void Broadcast(in CollectiveCall call, Span<byte> values);

    /// <summary>Reduces in place on the root; the others' values stay.</summary>
    public abstract void Reduce(in CollectiveCall call, Span<byte> values);

    /// <summary>Part r of each rank's values goes to rank r. Parts are equal.</summary>
    public abstract void AllToAll(in CollectiveCall call, ReadOnlySpan<byte> values, Span<byte> result);

    /// <summary>Waits for all ranks.</summary>
    public abstract void Barrier(in CollectiveCall call);

    /// <summary>Gives values to rank <see cref="CollectiveCall.Root"/>, which receives as many.</summary>
    public abstract void Send(in CollectiveCall call, ReadOnlySpan<byte> values);

    /// <summary>Takes values from rank <see cref="CollectiveCall.Root"/>.</summary>
    public abstract void Receive(in CollectiveCall call, Span<byte> values);

    /// <summary>Forms a group of some ranks; all ranks of this one call it with their own list, and those that are in none with an empty one.</summary>
    /// <param name="call">The call, numbered like any other.</param>
    /// <param name="ranks">Ranks of this group, in the order of their new ranks; the lists of two ranks are equal or share none.</param>
    /// <returns>This rank's end of the new group; null where it is in none.</returns>
    public abstract CollectiveBackend? Split(in CollectiveCall call, IReadOnlyList<int> ranks);

    /// <summary>Makes the calls of all ranks, under way and to come, throw. Does nothing when that has happened already.</summary>
    /// <param name="reason">What they throw.</param>
    public abstract void Abort(CollectiveException reason);

    /// <summary>Leaves the group. Calls that this rank has completed end well on the other ranks; those that come to a call without it get <see cref="RankLostException"/>.</summary>
    public abstract ValueTask DisposeAsync();
}
