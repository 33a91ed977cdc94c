using System.Numerics;
using Apache.Arrow;

namespace Mlp.Runtime.Scoring;

/// <summary>Reads numbers of a type each of whose values has an exact one in the feature's type.</summary>
internal sealed class WideningReader<TSource, T>(SourceColumn column, T missing) : ValueReader<T>(column, missing)
    where TSource : unmanaged, INumberBase<TSource>
    where T : unmanaged, INumberBase<T>
{
    private readonly PrimitiveArray<TSource> _array = (PrimitiveArray<TSource>)column.Array;

    /// <inheritdoc/>
    protected override ReadOnlySpan<T> ReadValues(int first, int count, Span<T> scratch)
    {
        var values = _array.Values.Slice(first, count);
        for (var row = 0; row < values.Length; row++)
        {
            scratch[row] = T.CreateTruncating(values[row]);
        }

        return scratch;
    }
}
