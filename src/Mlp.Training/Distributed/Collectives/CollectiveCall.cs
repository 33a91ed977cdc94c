namespace Mlp.Training.Distributed.Collectives;

/// <summary>What one rank asks for. All ranks of a group must ask for the same.</summary>
/// <param name="Sequence">Number of the call in its group, from 0. Send and Receive are not among them: each is numbered from 0 among those to or from the same rank, so that both sides give a message the same number.</param>
/// <param name="Kind">The call.</param>
/// <param name="Element">Type of the values.</param>
/// <param name="Length">Values that this rank brings; for calls with <see cref="Counts"/>, their sum.</param>
/// <param name="Operation">How values are reduced; <see cref="ReduceOperation.Sum"/> for calls that only move them.</param>
/// <param name="Root">The rank that gives or gets; the other side of Send and Receive; -1 where there is none.</param>
internal readonly record struct CollectiveCall(long Sequence, CollectiveKind Kind, ElementType Element, long Length, ReduceOperation Operation, int Root)
{
    /// <summary>Values of each rank's part, where parts differ; null for equal parts.</summary>
    public int[]? Counts { get; init; }

    /// <summary>What the caller calls it; null for nothing.</summary>
    public string? Tensor { get; init; }

    /// <summary>How long ranks are waited for.</summary>
    public TimeSpan Timeout { get; init; }

    /// <summary>Whether the call is made on the group's own thread, beside the caller's work: who waits for long gives the processor away.</summary>
    public bool InBackground { get; init; }

    /// <summary>The CUDA event after which values in a GPU's memory may be read; 0 for what the GPU's legacy stream has been given before the call has its turn.</summary>
    public nint Ready { get; init; }

    /// <summary>Ends the wait; the group is of no more use then.</summary>
    public CancellationToken CancellationToken { get; init; }
}
