namespace Mlp.Training.Distributed.Collectives;

// The same calls, made by the group's own thread.
public sealed partial class ProcessGroup
{
    /// <summary>Begins, and leaves to the thread of the group: reduces the values of all ranks, in place on every rank.</summary>
    /// <typeparam name="T">float, double, <see cref="Half"/>, <see cref="BFloat16"/>, int, long; byte only to move.</typeparam>
    /// <param name="values">Values; as many on all ranks.</param>
    /// <param name="operation">How the ranks' values become one.</param>
    /// <param name="tensor">What sentences call the values; the same on all ranks; null for nothing.</param>
    /// <param name="timeout">How long ranks are waited for; null for <see cref="ProcessGroupOptions.Timeout"/>.</param>
    /// <param name="cancellationToken">Ends the wait on all ranks; the group is of no more use then.</param>
    /// <returns>The call. Its end is the end of the memory's use.</returns>
    /// <exception cref="ArgumentException">Values are none that collectives carry, or have no such reduction.</exception>
    /// <exception cref="CollectiveException">The group has failed before.</exception>
    public CollectiveHandle StartAllReduce<T>(Memory<T> values, ReduceOperation operation = ReduceOperation.Sum, string? tensor = null, TimeSpan? timeout = null, CancellationToken cancellationToken = default)
        where T : unmanaged
    {
        CheckReduction<T>(operation);
        return Start(Describe<T>(CollectiveKind.AllReduce, values.Length, operation, -1, null, tensor, timeout, cancellationToken), ReadOnlyMemory<T>.Empty, values);
    }

    /// <summary>Begins, and leaves to the thread of the group: reduces the values of all ranks, in place on the root; the other ranks' values stay.</summary>
    /// <typeparam name="T">float, double, <see cref="Half"/>, <see cref="BFloat16"/>, int, long; byte only to move.</typeparam>
    /// <param name="values">Values; as many on all ranks.</param>
    /// <param name="root">The rank that gets the reduced values.</param>
    /// <param name="operation">How the ranks' values become one.</param>
    /// <param name="tensor">What sentences call the values; the same on all ranks; null for nothing.</param>
    /// <param name="timeout">How long ranks are waited for; null for <see cref="ProcessGroupOptions.Timeout"/>.</param>
    /// <param name="cancellationToken">Ends the wait on all ranks; the group is of no more use then.</param>
    /// <returns>The call. Its end is the end of the memory's use.</returns>
    /// <exception cref="ArgumentException">Values are none that collectives carry or have no such reduction, or the root is none of the ranks.</exception>
    /// <exception cref="CollectiveException">The group has failed before.</exception>
    public CollectiveHandle StartReduce<T>(Memory<T> values, int root, ReduceOperation operation = ReduceOperation.Sum, string? tensor = null, TimeSpan? timeout = null, CancellationToken cancellationToken = default)
        where T : unmanaged
    {
        CheckReduction<T>(operation);
        CheckRank(root, nameof(root));
        return Start(Describe<T>(CollectiveKind.Reduce, values.Length, operation, root, null, tensor, timeout, cancellationToken), ReadOnlyMemory<T>.Empty, values);
    }

    /// <summary>Begins, and leaves to the thread of the group: reduces the values of all ranks; each rank gets its part of the reduced values: the first the first.</summary>
    /// <typeparam name="T">float, double, <see cref="Half"/>, <see cref="BFloat16"/>, int, long; byte only to move.</typeparam>
    /// <param name="values">Values of all parts, one after the other; as many on all ranks. They stay.</param>
    /// <param name="result">This rank's part; shares no memory with <paramref name="values"/>.</param>
    /// <param name="operation">How the ranks' values become one.</param>
    /// <param name="counts">Values of each part, by rank; null for equal parts.</param>
    /// <param name="tensor">What sentences call the values; the same on all ranks; null for nothing.</param>
    /// <param name="timeout">How long ranks are waited for; null for <see cref="ProcessGroupOptions.Timeout"/>.</param>
    /// <param name="cancellationToken">Ends the wait on all ranks; the group is of no more use then.</param>
    /// <returns>The call. Its end is the end of the memory's use.</returns>
    /// <exception cref="ArgumentException">Values are none that collectives carry or have no such reduction, or lengths do not fit.</exception>
    /// <exception cref="CollectiveException">The group has failed before.</exception>
    public CollectiveHandle StartReduceScatter<T>(ReadOnlyMemory<T> values, Memory<T> result, ReduceOperation operation = ReduceOperation.Sum, IReadOnlyList<int>? counts = null, string? tensor = null, TimeSpan? timeout = null, CancellationToken cancellationToken = default)
        where T : unmanaged
    {
        CheckReduction<T>(operation);
        CheckParts(counts, values.Length, result.Length);
        CheckApart<T>(values.Span, result.Span);
        return Start(Describe<T>(CollectiveKind.ReduceScatter, values.Length, operation, -1, counts, tensor, timeout, cancellationToken), values, result);
    }

    /// <summary>Begins, and leaves to the thread of the group: puts the values of all ranks one after the other, in the order of ranks, on every rank.</summary>
    /// <typeparam name="T">float, double, <see cref="Half"/>, <see cref="BFloat16"/>, int, long; byte only to move.</typeparam>
    /// <param name="values">This rank's values; may lie in <paramref name="result"/> at their own place.</param>
    /// <param name="result">Values of all ranks.</param>
    /// <param name="counts">Values of each rank; null where all bring as many.</param>
    /// <param name="tensor">What sentences call the values; the same on all ranks; null for nothing.</param>
    /// <param name="timeout">How long ranks are waited for; null for <see cref="ProcessGroupOptions.Timeout"/>.</param>
    /// <param name="cancellationToken">Ends the wait on all ranks; the group is of no more use then.</param>
    /// <returns>The call. Its end is the end of the memory's use.</returns>
    /// <exception cref="ArgumentException">Values are none that collectives carry, or lengths do not fit.</exception>
    /// <exception cref="CollectiveException">The group has failed before.</exception>
    public CollectiveHandle StartAllGather<T>(ReadOnlyMemory<T> values, Memory<T> result, IReadOnlyList<int>? counts = null, string? tensor = null, TimeSpan? timeout = null, CancellationToken cancellationToken = default)
        where T : unmanaged
    {
        CheckParts(counts, result.Length, values.Length);
        CheckPlace<T>(values.Span, result.Span, counts);
        return Start(Describe<T>(CollectiveKind.AllGather, counts is null ? values.Length : result.Length, ReduceOperation.Sum, -1, counts, tensor, timeout, cancellationToken), values, result);
    }

    /// <summary>Begins, and leaves to the thread of the group: gives the root's values to all ranks.</summary>
    /// <typeparam name="T">float, double, <see cref="Half"/>, <see cref="BFloat16"/>, int, long; byte only to move.</typeparam>
    /// <param name="values">Values, as many on all ranks; those of the root stay.</param>
    /// <param name="root">The rank that gives.</param>
    /// <param name="tensor">What sentences call the values; the same on all ranks; null for nothing.</param>
    /// <param name="timeout">How long ranks are waited for; null for <see cref="ProcessGroupOptions.Timeout"/>.</param>
    /// <param name="cancellationToken">Ends the wait on all ranks; the group is of no more use then.</param>
    /// <returns>The call. Its end is the end of the memory's use.</returns>
    /// <exception cref="ArgumentException">Values are none that collectives carry, or the root is none of the ranks.</exception>
    /// <exception cref="CollectiveException">The group has failed before.</exception>
    public CollectiveHandle StartBroadcast<T>(Memory<T> values, int root, string? tensor = null, TimeSpan? timeout = null, CancellationToken cancellationToken = default)
        where T : unmanaged
    {
        CheckRank(root, nameof(root));
        return Start(Describe<T>(CollectiveKind.Broadcast, values.Length, ReduceOperation.Sum, root, null, tensor, timeout, cancellationToken), ReadOnlyMemory<T>.Empty, values);
    }

    /// <summary>Begins, and leaves to the thread of the group: gives a part of this rank's values to each rank, and gets a part of each rank's. Parts are equal.</summary>
    /// <typeparam name="T">float, double, <see cref="Half"/>, <see cref="BFloat16"/>, int, long; byte only to move.</typeparam>
    /// <param name="values">A part for each rank, one after the other; they stay.</param>
    /// <param name="result">A part from each rank, one after the other; shares no memory with <paramref name="values"/>.</param>
    /// <param name="tensor">What sentences call the values; the same on all ranks; null for nothing.</param>
    /// <param name="timeout">How long ranks are waited for; null for <see cref="ProcessGroupOptions.Timeout"/>.</param>
    /// <param name="cancellationToken">Ends the wait on all ranks; the group is of no more use then.</param>
    /// <returns>The call. Its end is the end of the memory's use.</returns>
    /// <exception cref="ArgumentException">Values are none that collectives carry, or lengths do not fit.</exception>
    /// <exception cref="CollectiveException">The group has failed before.</exception>
    public CollectiveHandle StartAllToAll<T>(ReadOnlyMemory<T> values, Memory<T> result, string? tensor = null, TimeSpan? timeout = null, CancellationToken cancellationToken = default)
        where T : unmanaged
    {
        CheckExchange(values.Length, result.Length);
        CheckApart<T>(values.Span, result.Span);
        return Start(Describe<T>(CollectiveKind.AllToAll, values.Length, ReduceOperation.Sum, -1, null, tensor, timeout, cancellationToken), values, result);
    }

    /// <summary>Begins, and leaves to the thread of the group: waits for all ranks.</summary>
    /// <param name="tensor">What sentences call the barrier; the same on all ranks; null for nothing.</param>
    /// <param name="timeout">How long ranks are waited for; null for <see cref="ProcessGroupOptions.Timeout"/>.</param>
    /// <param name="cancellationToken">Ends the wait on all ranks; the group is of no more use then.</param>
    /// <returns>The call.</returns>
    /// <exception cref="CollectiveException">The group has failed before.</exception>
    public CollectiveHandle StartBarrier(string? tensor = null, TimeSpan? timeout = null, CancellationToken cancellationToken = default)
        => Start(Describe<byte>(CollectiveKind.Barrier, 0, ReduceOperation.Sum, -1, null, tensor, timeout, cancellationToken), ReadOnlyMemory<byte>.Empty, Memory<byte>.Empty);

    /// <summary>Begins, and leaves to the thread of the group: gives values to a rank, which receives them. Returns when it has.</summary>
    /// <typeparam name="T">float, double, <see cref="Half"/>, <see cref="BFloat16"/>, int, long; byte only to move.</typeparam>
    /// <param name="values">Values.</param>
    /// <param name="rank">The rank that receives; not this one.</param>
    /// <param name="tensor">What sentences call the values; the same on all ranks; null for nothing.</param>
    /// <param name="timeout">How long ranks are waited for; null for <see cref="ProcessGroupOptions.Timeout"/>.</param>
    /// <param name="cancellationToken">Ends the wait on all ranks; the group is of no more use then.</param>
    /// <returns>The call. Its end is the end of the memory's use.</returns>
    /// <exception cref="ArgumentException">Values are none that collectives carry, or the rank is this one or none.</exception>
    /// <exception cref="CollectiveException">The group has failed before.</exception>
    public CollectiveHandle StartSend<T>(ReadOnlyMemory<T> values, int rank, string? tensor = null, TimeSpan? timeout = null, CancellationToken cancellationToken = default)
        where T : unmanaged
    {
        CheckPeer(rank);
        return Start(Describe<T>(CollectiveKind.Send, values.Length, ReduceOperation.Sum, rank, null, tensor, timeout, cancellationToken), values, Memory<T>.Empty);
    }

    /// <summary>Begins, and leaves to the thread of the group: takes values that a rank sends.</summary>
    /// <typeparam name="T">float, double, <see cref="Half"/>, <see cref="BFloat16"/>, int, long; byte only to move.</typeparam>
    /// <param name="values">Room for as many values as are sent.</param>
    /// <param name="rank">The rank that sends; not this one.</param>
    /// <param name="tensor">What sentences call the values; the same on all ranks; null for nothing.</param>
    /// <param name="timeout">How long ranks are waited for; null for <see cref="ProcessGroupOptions.Timeout"/>.</param>
    /// <param name="cancellationToken">Ends the wait on all ranks; the group is of no more use then.</param>
    /// <returns>The call. Its end is the end of the memory's use.</returns>
    /// <exception cref="ArgumentException">Values are none that collectives carry, or the rank is this one or none.</exception>
    /// <exception cref="CollectiveException">The group has failed before.</exception>
    public CollectiveHandle StartReceive<T>(Memory<T> values, int rank, string? tensor = null, TimeSpan? timeout = null, CancellationToken cancellationToken = default)
        where T : unmanaged
    {
        CheckPeer(rank);
        return Start(Describe<T>(CollectiveKind.Receive, values.Length, ReduceOperation.Sum, rank, null, tensor, timeout, cancellationToken), ReadOnlyMemory<T>.Empty, values);
    }
}
