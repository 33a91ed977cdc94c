using Apache.Arrow;
using Apache.Arrow.Types;

namespace Mlp.Spark.Worker.Functions.Models;

/// <summary>
/// A column of vectors as Spark has them: <c>array&lt;float></c>, <c>array&lt;double></c>, or the Vector of spark.ml, which is a struct of kind (0 sparse, 1 dense), size, indices and values. It reads the memory of the
/// column, which must live as long.
/// </summary>
internal sealed class VectorValues
{
    private readonly IArrowArray _column;
    private readonly ListArray _values;
    private readonly Int8Array? _kinds;
    private readonly Int32Array? _sizes;
    private readonly ListArray? _indices;

    private VectorValues(IArrowArray column, ListArray values, Int8Array? kinds = null, Int32Array? sizes = null, ListArray? indices = null)
    {
        (_column, _values, _kinds, _sizes, _indices) = (column, values, kinds, sizes, indices);
    }

    /// <summary>Whether elements are doubles, which a float32 does not hold exactly.</summary>
    public bool IsDouble => _values.Values is DoubleArray;

    /// <summary>Number of rows.</summary>
    public int Length => _column.Length;

    /// <summary>Whether a type is that of such a column.</summary>
    /// <param name="type">The type.</param>
    public static bool IsVector(IArrowType type) => type switch
    {
        ListType list => list.ValueDataType is FloatType or DoubleType,
        StructType record => IsMlVector(record),
        _ => false,
    };

    /// <summary>Reads a column, unless it is none of vectors.</summary>
    /// <param name="column">The column.</param>
    public static VectorValues? TryCreate(IArrowArray column) => column switch
    {
        ListArray list when IsVector(list.Data.DataType) => new VectorValues(column, list),
        StructArray rows when IsVector(rows.Data.DataType)
            => new VectorValues(column, (ListArray)rows.Fields[3], (Int8Array)rows.Fields[0], (Int32Array)rows.Fields[1], (ListArray)rows.Fields[2]),
        _ => null,
    };

    /// <summary>Whether a row has no vector.</summary>
    /// <param name="row">Index of the row.</param>
    public bool IsNull(int row) => _column.IsNull(row);

    /// <summary>Number of elements of a row that is not null.</summary>
    /// <param name="row">Index of the row.</param>
    public int LengthOf(int row) => _kinds is not null && !IsDense(row) ? _sizes!.Values[row] : Range(_values, row).Count;

    /// <summary>Writes the elements of a row that is not null.</summary>
    /// <param name="row">Index of the row.</param>
    /// <param name="target">Room for exactly its elements.</param>
    /// <returns>Whether all of them were there.</returns>
    public bool TryWrite(int row, Span<float> target)
    {
        var (start, count) = Range(_values, row);
        var all = _values.Values;
        for (var i = start; all.NullCount > 0 && i < start + count; i++)
        {
            if (all.IsNull(i))
            {
                return false;
            }
        }

        if (_kinds is not null && !IsDense(row))
        {
            return TryWriteSparse(row, ((DoubleArray)all).Values.Slice(start, count), target);
        }

        if (all is FloatArray floats)
        {
            floats.Values.Slice(start, count).CopyTo(target);
        }
        else
        {
            System.Numerics.Tensors.TensorPrimitives.ConvertTruncating<double, float>(((DoubleArray)all).Values.Slice(start, count), target);
        }

        return true;
    }

    private bool TryWriteSparse(int row, ReadOnlySpan<double> values, Span<float> target)
    {
        var (start, count) = Range(_indices!, row);
        var indices = ((Int32Array)_indices!.Values).Values.Slice(start, count);
        target.Clear();
        for (var i = 0; i < indices.Length; i++)
        {
            if ((uint)indices[i] >= (uint)target.Length || i >= values.Length)
            {
                return false;
            }

            target[indices[i]] = (float)values[i];
        }

        return true;
    }

    private bool IsDense(int row) => _kinds!.Values[row] != 0;

    private static (int Start, int Count) Range(ListArray lists, int row) => lists.IsNull(row) ? (0, 0) : (lists.ValueOffsets[row], lists.ValueOffsets[row + 1] - lists.ValueOffsets[row]);

    private static bool IsMlVector(StructType record)
        => record.Fields is [var kind, var size, var indices, var values]
            && kind is { Name: "type", DataType: Int8Type } && size is { Name: "size", DataType: Int32Type }
            && indices is { Name: "indices", DataType: ListType { ValueDataType: Int32Type } } && values is { Name: "values", DataType: ListType { ValueDataType: DoubleType } };
}
