namespace Mlp.Training.Distributed.Collectives;

// Calls that reduce.
public sealed partial class ProcessGroup
{
    /// <summary>Reduces the values of all ranks, in place on every rank.</summary>
    /// <typeparam name="T">float, double, <see cref="Half"/>, <see cref="BFloat16"/>, int, long; byte only to move.</typeparam>
    /// <param name="values">Values; as many on all ranks.</param>
    /// <param name="operation">How the ranks' values become one.</param>
    /// <param name="tensor">What sentences call the values; the same on all ranks; null for nothing.</param>
    /// <param name="timeout">How long ranks are waited for; null for <see cref="ProcessGroupOptions.Timeout"/>.</param>
    /// <param name="cancellationToken">Ends the wait on all ranks; the group is of no more use then.</param>
    /// <exception cref="ArgumentException">Values are none that collectives carry, or have no such reduction.</exception>
    /// <exception cref="CollectiveException">Ranks made different calls, did not come in time or are gone.</exception>
    /// <exception cref="OperationCanceledException">The call was cancelled.</exception>
    public void AllReduce<T>(Span<T> values, ReduceOperation operation = ReduceOperation.Sum, string? tensor = null, TimeSpan? timeout = null, CancellationToken cancellationToken = default)
        where T : unmanaged
    {
        CheckReduction<T>(operation);
        Make<T>(Describe<T>(CollectiveKind.AllReduce, values.Length, operation, -1, null, tensor, timeout, cancellationToken), [], values);
    }

    /// <summary>Reduces the values of all ranks, in place on the root; the other ranks' values stay.</summary>
    /// <typeparam name="T">float, double, <see cref="Half"/>, <see cref="BFloat16"/>, int, long; byte only to move.</typeparam>
    /// <param name="values">Values; as many on all ranks.</param>
    /// <param name="root">The rank that gets the reduced values.</param>
    /// <param name="operation">How the ranks' values become one.</param>
    /// <param name="tensor">What sentences call the values; the same on all ranks; null for nothing.</param>
    /// <param name="timeout">How long ranks are waited for; null for <see cref="ProcessGroupOptions.Timeout"/>.</param>
    /// <param name="cancellationToken">Ends the wait on all ranks; the group is of no more use then.</param>
    /// <exception cref="ArgumentException">Values are none that collectives carry or have no such reduction, or the root is none of the ranks.</exception>
    /// <exception cref="CollectiveException">Ranks made different calls, did not come in time or are gone.</exception>
    /// <exception cref="OperationCanceledException">The call was cancelled.</exception>
    public void Reduce<T>(Span<T> values, int root, ReduceOperation operation = ReduceOperation.Sum, string? tensor = null, TimeSpan? timeout = null, CancellationToken cancellationToken = default)
        where T : unmanaged
    {
        CheckReduction<T>(operation);
        CheckRank(root, nameof(root));
        Make<T>(Describe<T>(CollectiveKind.Reduce, values.Length, operation, root, null, tensor, timeout, cancellationToken), [], values);
    }

    /// <summary>Reduces the values of all ranks; each rank gets its part of the reduced values: the first the first.</summary>
    /// <typeparam name="T">float, double, <see cref="Half"/>, <see cref="BFloat16"/>, int, long; byte only to move.</typeparam>
    /// <param name="values">Values of all parts, one after the other; as many on all ranks. They stay.</param>
    /// <param name="result">This rank's part; shares no memory with <paramref name="values"/>.</param>
    /// <param name="operation">How the ranks' values become one.</param>
    /// <param name="counts">Values of each part, by rank; null for equal parts.</param>
    /// <param name="tensor">What sentences call the values; the same on all ranks; null for nothing.</param>
    /// <param name="timeout">How long ranks are waited for; null for <see cref="ProcessGroupOptions.Timeout"/>.</param>
    /// <param name="cancellationToken">Ends the wait on all ranks; the group is of no more use then.</param>
    /// <exception cref="ArgumentException">Values are none that collectives carry or have no such reduction, or lengths do not fit.</exception>
    /// <exception cref="CollectiveException">Ranks made different calls, did not come in time or are gone.</exception>
    /// <exception cref="OperationCanceledException">The call was cancelled.</exception>
    public void ReduceScatter<T>(ReadOnlySpan<T> values, Span<T> result, ReduceOperation operation = ReduceOperation.Sum, IReadOnlyList<int>? counts = null, string? tensor = null, TimeSpan? timeout = null, CancellationToken cancellationToken = default)
        where T : unmanaged
    {
        CheckReduction<T>(operation);
        CheckParts(counts, values.Length, result.Length);
        CheckApart<T>(values, result);
        Make(Describe<T>(CollectiveKind.ReduceScatter, values.Length, operation, -1, counts, tensor, timeout, cancellationToken), values, result);
    }
}
