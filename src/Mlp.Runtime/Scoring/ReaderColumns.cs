namespace Mlp.Runtime.Scoring;

/// <summary>Columns that are read each in its own way: converted, decoded, or with something in the place of nulls.</summary>
/// <typeparam name="T">The element type.</typeparam>
/// <param name="readers">One per value of a row.</param>
internal sealed class ReaderColumns<T>(ValueReader<T>[] readers) : ValueColumns<T>(readers.Length)
    where T : unmanaged
{
    /// <inheritdoc/>
    protected override ReadOnlySpan<T> Read(int ordinal, int first, int count, Span<T> scratch) => readers[ordinal].Read(first, count, scratch);
}
