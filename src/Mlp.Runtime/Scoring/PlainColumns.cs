using Apache.Arrow;

namespace Mlp.Runtime.Scoring;

/// <summary>Columns that all have the feature's type and no nulls: the common case, for which nothing is made per column.</summary>
/// <typeparam name="T">The element type.</typeparam>
internal sealed class PlainColumns<T> : ValueColumns<T>
    where T : unmanaged, IEquatable<T>
{
    private readonly PrimitiveArray<T>[] _columns;

    private PlainColumns(PrimitiveArray<T>[] columns)
        : base(columns.Length)
    {
        _columns = columns;
    }

    /// <summary>Takes the columns of a batch if all are plain.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="indexes">Indexes of its columns, one per value of a row.</param>
    /// <returns>The columns, or null if one of them has another type or a null.</returns>
    public static PlainColumns<T>? TryCreate(RecordBatch batch, ReadOnlySpan<int> indexes)
    {
        var arrays = new PrimitiveArray<T>[indexes.Length];
        for (var i = 0; i < arrays.Length; i++)
        {
            if (batch.Column(indexes[i]) is not PrimitiveArray<T> { NullCount: 0 } array)
            {
                return null;
            }

            arrays[i] = array;
        }

        return new PlainColumns<T>(arrays);
    }

    /// <inheritdoc/>
    protected override ReadOnlySpan<T> Read(int ordinal, int first, int count, Span<T> scratch) => _columns[ordinal].Values.Slice(first, count);
}
