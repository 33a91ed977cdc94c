using System.Numerics;
using Apache.Arrow;
using Mlp.Runtime.Data;

namespace Mlp.Runtime.Scoring;

/// <summary>Reads numbers into the block of a wider or the same type, in which each of them has an exact value.</summary>
internal sealed class NumericColumnReader<TSource, TTarget>(
    PrimitiveArray<TSource> array, FeatureRowLayout layout, int column, UInt8Array? viewStatus, BlockAccessor<TTarget> block, TTarget missing)
    : FeatureColumnReader(array, layout, column, viewStatus)
    where TSource : struct, INumberBase<TSource>, IEquatable<TSource>
    where TTarget : unmanaged, INumberBase<TTarget>
{
    /// <inheritdoc/>
    protected override void ReadValues(int first, int count, FeatureRows rows)
    {
        var values = array.Values.Slice(first, count);
        var target = block(rows);
        var cell = Ordinal;
        for (var row = 0; row < values.Length; row++, cell += BlockWidth)
        {
            target[cell] = TTarget.CreateTruncating(values[row]);
        }
    }

    /// <inheritdoc/>
    protected override void Clear(int row, FeatureRows rows) => block(rows)[(row * BlockWidth) + Ordinal] = missing;
}
