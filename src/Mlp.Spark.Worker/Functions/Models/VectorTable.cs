using System.Runtime.InteropServices;
using Apache.Arrow;
using Apache.Arrow.Types;
using Mlp.Runtime.Data;
using Mlp.Spark.Worker.Tasks;

namespace Mlp.Spark.Worker.Functions.Models;

/// <summary>The vectors of a batch as a table of floats, each row as long as a model wants it.</summary>
internal sealed class VectorTable
{
    private readonly float[] _values;
    private readonly bool[] _isNull;
    private readonly int _length;

    private VectorTable(float[] values, bool[] isNull, int length)
    {
        (_values, _isNull, _length) = (values, isNull, length);
        NullCount = isNull.Count(n => n);
    }

    /// <summary>Number of rows without a vector.</summary>
    public int NullCount { get; }

    /// <summary>Copies the vectors of a column.</summary>
    /// <param name="vectors">The column.</param>
    /// <param name="length">Number of elements that a vector must have.</param>
    /// <param name="takesWrongLengths">Whether one of another length, or with an element that is null, counts as null.</param>
    /// <param name="where">Column and feature, for messages.</param>
    /// <param name="firstRow">Number of rows of the partition before it, for messages.</param>
    /// <exception cref="TaskException">A vector has another length.</exception>
    public static VectorTable Read(VectorValues vectors, int length, bool takesWrongLengths, string where, long firstRow)
    {
        var values = new float[checked(vectors.Length * length)];
        var isNull = new bool[vectors.Length];
        for (var row = 0; row < isNull.Length; row++)
        {
            isNull[row] = vectors.IsNull(row);
            if (isNull[row])
            {
                continue;
            }

            var found = vectors.LengthOf(row);
            var isWhole = found == length && vectors.TryWrite(row, values.AsSpan(row * length, length));
            if (!isWhole && !takesWrongLengths)
            {
                throw new TaskException(FormattableString.Invariant(
                    $"Expected vectors of {length} numbers in {where}, but found {(found == length ? "one with an element that is null or lies beyond its size" : $"one of {found}")} in row {firstRow + row + 1} of the partition."));
            }

            isNull[row] = !isWhole;
        }

        return new VectorTable(values, isNull, length);
    }

    /// <summary>The vectors as lists of a fixed size.</summary>
    public IArrowArray ToColumn() => VectorColumn.Create(Bytes(_values), _length, _isNull.Length, NullCount == 0 ? ArrowBuffer.Empty : ValidityBits.Of(_isNull), NullCount);

    /// <summary>One element of each vector as a column.</summary>
    /// <param name="index">Which.</param>
    public IArrowArray ToColumn(int index)
    {
        var column = new float[_isNull.Length];
        for (var row = 0; row < column.Length; row++)
        {
            column[row] = _values[(row * _length) + index];
        }

        return new FloatArray(new ArrayData(FloatType.Default, column.Length, NullCount, 0, [NullCount == 0 ? ArrowBuffer.Empty : ValidityBits.Of(_isNull), Bytes(column)]));
    }

    private static ArrowBuffer Bytes(float[] values) => new(MemoryMarshal.AsBytes(values.AsSpan()).ToArray());
}
