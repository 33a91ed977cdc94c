using Apache.Arrow;

namespace Mlp.Runtime.Scoring;

/// <summary>Reads values where they lie: the column has the feature's type.</summary>
internal sealed class PlainReader<T>(SourceColumn column, T missing) : ValueReader<T>(column, missing)
    where T : unmanaged, IEquatable<T>
{
    private readonly PrimitiveArray<T> _array = (PrimitiveArray<T>)column.Array;

    /// <inheritdoc/>
    protected override ReadOnlySpan<T> ReadValues(int first, int count, Span<T> scratch) => _array.Values.Slice(first, count);
}
