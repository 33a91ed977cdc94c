namespace Mlp.Runtime.Kernels;

/// <summary>A value of a kernel: one row of numbers per row of input.</summary>
/// <param name="Index">Position among the values of the kernel.</param>
/// <param name="Element">Element type.</param>
/// <param name="Width">Values per row.</param>
/// <param name="Rank">Number of dimensions in the graph: 2, or 1 for shape (rows).</param>
internal sealed record KernelValue(int Index, KernelElement Element, int Width, int Rank)
{
    /// <summary>Where the columns come from, for the choice of rows to try; null where that cannot be said.</summary>
    public ColumnOrigin[]? Origins { get; init; }
}
