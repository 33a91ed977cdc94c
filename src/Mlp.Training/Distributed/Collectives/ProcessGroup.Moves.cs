namespace Mlp.Training.Distributed.Collectives;

// Calls that move values and leave them as they are.
public sealed partial class ProcessGroup
{
    /// <summary>Puts the values of all ranks one after the other, in the order of ranks, on every rank.</summary>
    /// <typeparam name="T">float, double, <see cref="Half"/>, <see cref="BFloat16"/>, int, long; byte only to move.</typeparam>
    /// <param name="values">This rank's values; may lie in <paramref name="result"/> at their own place.</param>
    /// <param name="result">Values of all ranks.</param>
    /// <param name="counts">Values of each rank; null where all bring as many.</param>
    /// <param name="tensor">What sentences call the values; the same on all ranks; null for nothing.</param>
    /// <param name="timeout">How long ranks are waited for; null for <see cref="ProcessGroupOptions.Timeout"/>.</param>
    /// <param name="cancellationToken">Ends the wait on all ranks; the group is of no more use then.</param>
    /// <exception cref="ArgumentException">Values are none that collectives carry, lengths do not fit, or values lie in the result at another place than their own.</exception>
    /// <exception cref="CollectiveException">Ranks made different calls, did not come in time or are gone.</exception>
    /// <exception cref="OperationCanceledException">The call was cancelled.</exception>
    public void AllGather<T>(ReadOnlySpan<T> values, Span<T> result, IReadOnlyList<int>? counts = null, string? tensor = null, TimeSpan? timeout = null, CancellationToken cancellationToken = default)
        where T : unmanaged
    {
        CheckParts(counts, result.Length, values.Length);
        CheckPlace<T>(values, result, counts);
        Make(Describe<T>(CollectiveKind.AllGather, counts is null ? values.Length : result.Length, ReduceOperation.Sum, -1, counts, tensor, timeout, cancellationToken), values, result);
    }

    /// <summary>Puts the values of all ranks together where ranks do not know how many the others bring: the lengths travel first, in a call of their own.</summary>
    /// <typeparam name="T">float, double, <see cref="Half"/>, <see cref="BFloat16"/>, int, long; byte only to move.</typeparam>
    /// <param name="values">This rank's values.</param>
    /// <param name="tensor">What sentences call the values; the same on all ranks; null for nothing.</param>
    /// <param name="timeout">How long ranks are waited for; null for <see cref="ProcessGroupOptions.Timeout"/>.</param>
    /// <param name="cancellationToken">Ends the wait on all ranks; the group is of no more use then.</param>
    /// <returns>The values of each rank, by rank.</returns>
    /// <exception cref="ArgumentException">Values are none that collectives carry, or there are 2,147,483,648 bytes of them or more.</exception>
    /// <exception cref="CollectiveException">Ranks made different calls, did not come in time or are gone.</exception>
    /// <exception cref="OperationCanceledException">The call was cancelled.</exception>
    public T[][] AllGatherUneven<T>(ReadOnlySpan<T> values, string? tensor = null, TimeSpan? timeout = null, CancellationToken cancellationToken = default)
        where T : unmanaged
    {
        var counts = new int[WorldSize];
        AllGather<int>([values.Length], counts, null, tensor, timeout, cancellationToken);
        var all = new T[counts.Sum()];
        AllGather(values, all, counts, tensor, timeout, cancellationToken);
        var (parts, start) = (new T[WorldSize][], 0);
        for (var rank = 0; rank < parts.Length; rank++)
        {
            parts[rank] = all[start..(start += counts[rank])];
        }

        return parts;
    }

    /// <summary>Gives the root's values to all ranks.</summary>
    /// <typeparam name="T">float, double, <see cref="Half"/>, <see cref="BFloat16"/>, int, long; byte only to move.</typeparam>
    /// <param name="values">Values, as many on all ranks; those of the root stay.</param>
    /// <param name="root">The rank that gives.</param>
    /// <param name="tensor">What sentences call the values; the same on all ranks; null for nothing.</param>
    /// <param name="timeout">How long ranks are waited for; null for <see cref="ProcessGroupOptions.Timeout"/>.</param>
    /// <param name="cancellationToken">Ends the wait on all ranks; the group is of no more use then.</param>
    /// <exception cref="ArgumentException">Values are none that collectives carry, or the root is none of the ranks.</exception>
    /// <exception cref="CollectiveException">Ranks made different calls, did not come in time or are gone.</exception>
    /// <exception cref="OperationCanceledException">The call was cancelled.</exception>
    public void Broadcast<T>(Span<T> values, int root, string? tensor = null, TimeSpan? timeout = null, CancellationToken cancellationToken = default)
        where T : unmanaged
    {
        CheckRank(root, nameof(root));
        Make<T>(Describe<T>(CollectiveKind.Broadcast, values.Length, ReduceOperation.Sum, root, null, tensor, timeout, cancellationToken), [], values);
    }

    /// <summary>Gives a part of this rank's values to each rank, and gets a part of each rank's. Parts are equal.</summary>
    /// <typeparam name="T">float, double, <see cref="Half"/>, <see cref="BFloat16"/>, int, long; byte only to move.</typeparam>
    /// <param name="values">A part for each rank, one after the other; they stay.</param>
    /// <param name="result">A part from each rank, one after the other; shares no memory with <paramref name="values"/>.</param>
    /// <param name="tensor">What sentences call the values; the same on all ranks; null for nothing.</param>
    /// <param name="timeout">How long ranks are waited for; null for <see cref="ProcessGroupOptions.Timeout"/>.</param>
    /// <param name="cancellationToken">Ends the wait on all ranks; the group is of no more use then.</param>
    /// <exception cref="ArgumentException">Values are none that collectives carry, or lengths do not fit.</exception>
    /// <exception cref="CollectiveException">Ranks made different calls, did not come in time or are gone.</exception>
    /// <exception cref="OperationCanceledException">The call was cancelled.</exception>
    public void AllToAll<T>(ReadOnlySpan<T> values, Span<T> result, string? tensor = null, TimeSpan? timeout = null, CancellationToken cancellationToken = default)
        where T : unmanaged
    {
        CheckExchange(values.Length, result.Length);
        CheckApart<T>(values, result);
        Make(Describe<T>(CollectiveKind.AllToAll, values.Length, ReduceOperation.Sum, -1, null, tensor, timeout, cancellationToken), values, result);
    }

    /// <summary>Waits for all ranks.</summary>
    /// <param name="tensor">What sentences call the barrier; the same on all ranks; null for nothing.</param>
    /// <param name="timeout">How long ranks are waited for; null for <see cref="ProcessGroupOptions.Timeout"/>.</param>
    /// <param name="cancellationToken">Ends the wait on all ranks; the group is of no more use then.</param>
    /// <exception cref="CollectiveException">Ranks made different calls, did not come in time or are gone.</exception>
    /// <exception cref="OperationCanceledException">The call was cancelled.</exception>
    public void Barrier(string? tensor = null, TimeSpan? timeout = null, CancellationToken cancellationToken = default)
        => Make<byte>(Describe<byte>(CollectiveKind.Barrier, 0, ReduceOperation.Sum, -1, null, tensor, timeout, cancellationToken), [], []);

    /// <summary>Gives values to a rank, which receives them. Returns when it has.</summary>
    /// <typeparam name="T">float, double, <see cref="Half"/>, <see cref="BFloat16"/>, int, long; byte only to move.</typeparam>
    /// <param name="values">Values.</param>
    /// <param name="rank">The rank that receives; not this one.</param>
    /// <param name="tensor">What sentences call the values; the same on all ranks; null for nothing.</param>
    /// <param name="timeout">How long ranks are waited for; null for <see cref="ProcessGroupOptions.Timeout"/>.</param>
    /// <param name="cancellationToken">Ends the wait on all ranks; the group is of no more use then.</param>
    /// <exception cref="ArgumentException">Values are none that collectives carry, or the rank is this one or none.</exception>
    /// <exception cref="CollectiveException">Ranks made different calls, did not come in time or are gone.</exception>
    /// <exception cref="OperationCanceledException">The call was cancelled.</exception>
    public void Send<T>(ReadOnlySpan<T> values, int rank, string? tensor = null, TimeSpan? timeout = null, CancellationToken cancellationToken = default)
        where T : unmanaged
    {
        CheckPeer(rank);
        Make<T>(Describe<T>(CollectiveKind.Send, values.Length, ReduceOperation.Sum, rank, null, tensor, timeout, cancellationToken), values, []);
    }

    /// <summary>Takes values that a rank sends.</summary>
    /// <typeparam name="T">float, double, <see cref="Half"/>, <see cref="BFloat16"/>, int, long; byte only to move.</typeparam>
    /// <param name="values">Room for as many values as are sent.</param>
    /// <param name="rank">The rank that sends; not this one.</param>
    /// <param name="tensor">What sentences call the values; the same on all ranks; null for nothing.</param>
    /// <param name="timeout">How long ranks are waited for; null for <see cref="ProcessGroupOptions.Timeout"/>.</param>
    /// <param name="cancellationToken">Ends the wait on all ranks; the group is of no more use then.</param>
    /// <exception cref="ArgumentException">Values are none that collectives carry, or the rank is this one or none.</exception>
    /// <exception cref="CollectiveException">Ranks made different calls, did not come in time or are gone.</exception>
    /// <exception cref="OperationCanceledException">The call was cancelled.</exception>
    public void Receive<T>(Span<T> values, int rank, string? tensor = null, TimeSpan? timeout = null, CancellationToken cancellationToken = default)
        where T : unmanaged
    {
        CheckPeer(rank);
        Make<T>(Describe<T>(CollectiveKind.Receive, values.Length, ReduceOperation.Sum, rank, null, tensor, timeout, cancellationToken), [], values);
    }
}
