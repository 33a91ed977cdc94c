namespace Mlp.Runtime.Kernels;

/// <summary>A graph as a list of steps over values. Immutable and thread-safe; the memory that it runs in belongs to one slot.</summary>
/// <param name="Kind">What it computes.</param>
/// <param name="Values">The values.</param>
/// <param name="Inputs">The value of each input of the model, in their order; null for one that is not read.</param>
/// <param name="Output">The score.</param>
/// <param name="Steps">The steps in the order of their execution.</param>
/// <param name="Hints">Which numbers mean something to the model.</param>
internal sealed record KernelProgram(
    KernelKind Kind, IReadOnlyList<KernelValue> Values, IReadOnlyList<KernelValue?> Inputs, KernelValue Output, IReadOnlyList<KernelStep> Steps, InputHints Hints)
{
    /// <summary>Ints that the trees need.</summary>
    public int KeyCount { get; init; }

    /// <summary>Sums in float32 that the trees need.</summary>
    public int SumCount { get; init; }

    /// <summary>Sums in float64 that the trees need.</summary>
    public int WideSumCount { get; init; }

    /// <summary>Whether a value lies in memory of the slot.</summary>
    /// <param name="value">The value.</param>
    public bool IsExternal(KernelValue value) => value.Index == Output.Index || Inputs.Any(i => i?.Index == value.Index);
}
