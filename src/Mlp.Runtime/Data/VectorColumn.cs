using System.Runtime.InteropServices;
using Apache.Arrow;
using Apache.Arrow.Types;

namespace Mlp.Runtime.Data;

/// <summary>Makes the error for a column of vectors.</summary>
/// <param name="expected">What was expected, without values.</param>
/// <param name="found">What was found, without values.</param>
/// <param name="row">Index of the row.</param>
internal delegate Exception VectorError(string expected, string found, int row);

/// <summary>
/// An Arrow column of vectors, whichever way it is laid out: fixed-size lists, lists or large lists of float or halffloat. It reads the memory of the array, which must live as long. Thread-safe.
/// </summary>
internal sealed class VectorColumn
{
    private readonly IArrowArray _array;
    private readonly FloatArray _elements;
    private readonly int _listSize;

    private VectorColumn(IArrowArray array, FloatArray elements, int listSize)
    {
        _array = array;
        _elements = elements;
        _listSize = listSize;
    }

    /// <summary>The type of columns of vectors on their way into DuckDB: its own arrays of a fixed length take part in neither CASE nor Parquet.</summary>
    public static ListType StagedType { get; } = new(new Field("item", FloatType.Default, nullable: true));

    /// <summary>Number of rows.</summary>
    public int Length => _array.Length;

    /// <summary>The type of columns of vectors in what the platform makes.</summary>
    /// <param name="length">Number of elements.</param>
    public static FixedSizeListType TypeOf(int length) => new(new Field("item", FloatType.Default, nullable: true), length);

    /// <summary>Reads a column, unless it is none of vectors.</summary>
    /// <param name="array">The column.</param>
    /// <returns>The column; null when it has another type.</returns>
    public static VectorColumn? TryCreate(IArrowArray array) => array switch
    {
        FixedSizeListArray fixedSize when ElementsOf(fixedSize.Values) is { } elements => new VectorColumn(array, elements, ((FixedSizeListType)fixedSize.Data.DataType).ListSize),
        ListArray list when ElementsOf(list.Values) is { } elements => new VectorColumn(array, elements, -1),
        LargeListArray large when ElementsOf(large.Values) is { } elements => new VectorColumn(array, elements, -1),
        _ => null,
    };

    /// <summary>Whether a type is one of vectors. Says the same as <see cref="TryCreate"/>.</summary>
    /// <param name="type">Type of a column.</param>
    public static bool IsVector(IArrowType type) => type is FixedSizeListType or ListType or LargeListType && ((NestedType)type).Fields[0].DataType is FloatType or HalfFloatType;

    /// <summary>A column of fixed-size lists over vectors that lie one behind the other.</summary>
    /// <param name="values">The elements of all rows; those of a null count for nothing.</param>
    /// <param name="length">Number of elements of a vector.</param>
    /// <param name="rowCount">Number of rows.</param>
    /// <param name="validity">One bit per row; empty where no row is null.</param>
    /// <param name="nullCount">Number of nulls.</param>
    public static FixedSizeListArray Create(ArrowBuffer values, int length, int rowCount, ArrowBuffer validity, int nullCount)
    {
        var elements = new ArrayData(FloatType.Default, length * rowCount, 0, 0, [ArrowBuffer.Empty, values]);
        return new FixedSizeListArray(new ArrayData(TypeOf(length), rowCount, nullCount, 0, [nullCount == 0 ? ArrowBuffer.Empty : validity], [elements]));
    }

    /// <summary>The same vectors as lists (<see cref="StagedType"/>), which share their memory.</summary>
    /// <param name="vectors">Fixed-size lists of float.</param>
    public static ListArray ToLists(FixedSizeListArray vectors)
    {
        var length = ((FixedSizeListType)vectors.Data.DataType).ListSize;
        var offsets = new ArrowBuffer.Builder<int>(vectors.Offset + vectors.Length + 1);
        for (var row = 0; row <= vectors.Offset + vectors.Length; row++)
        {
            offsets.Append(row * length);
        }

        return new ListArray(new ArrayData(StagedType, vectors.Length, vectors.NullCount, vectors.Offset, [vectors.Data.Buffers[0], offsets.Build()], [vectors.Data.Children[0]]));
    }

    /// <summary>The vectors as lists (<see cref="StagedType"/>) with memory of their own, whatever their lengths; null elements stay null.</summary>
    public ListArray ToLists()
    {
        var offsets = new ArrowBuffer.Builder<int>(Length + 1).Append(0);
        var validity = new ArrowBuffer.BitmapBuilder(Length);
        var elements = new FloatArray.Builder();
        for (var row = 0; row < Length; row++)
        {
            validity.Append(!IsNull(row));
            if (!IsNull(row))
            {
                AppendTo(elements, row);
            }

            offsets.Append(elements.Length);
        }

        return new ListArray(new ArrayData(StagedType, Length, _array.NullCount, 0, [validity.Build(), offsets.Build()], [elements.Build().Data]));
    }

    /// <summary>Whether a row has no vector.</summary>
    /// <param name="row">Row index.</param>
    public bool IsNull(int row) => _array.IsNull(row);

    /// <summary>Number of elements of a row that is not null.</summary>
    /// <param name="row">Row index.</param>
    public int LengthOf(int row) => RangeOf(row).Length;

    /// <summary>The elements of a row that is not null.</summary>
    /// <param name="row">Row index.</param>
    public ReadOnlySpan<float> ValuesOf(int row)
    {
        var (start, length) = RangeOf(row);
        return _elements.Values.Slice(start, length);
    }

    /// <summary>The elements of a row that is not null, all of which must be there.</summary>
    /// <param name="row">Row index.</param>
    /// <param name="length">How many there must be.</param>
    /// <param name="error">Makes the error.</param>
    /// <exception cref="Exception">There is another number of elements, or one is null.</exception>
    public ReadOnlySpan<float> Require(int row, int length, VectorError error)
    {
        var (start, found) = RangeOf(row);
        if (found != length)
        {
            throw error(Expected(length), FormattableString.Invariant($"one of {found}"), row);
        }

        for (var i = 0; _elements.NullCount != 0 && i < length; i++)
        {
            if (_elements.IsNull(start + i))
            {
                throw error(Expected(length), FormattableString.Invariant($"a null element (number {i + 1})"), row);
            }
        }

        return _elements.Values.Slice(start, length);
    }

    /// <summary>The column as fixed-size lists. Shares its memory where it is laid out so already.</summary>
    /// <param name="length">Number of elements that every vector must have.</param>
    /// <param name="error">Makes the error.</param>
    /// <exception cref="Exception">A vector has another length, or an element is null.</exception>
    public FixedSizeListArray ToFixedSize(int length, VectorError error)
    {
        if (_listSize == length && _array.NullCount == 0 && _elements.NullCount == 0)
        {
            var start = _array.Offset * length;
            var data = _elements.Data.Slice(start, Length * length);
            return new FixedSizeListArray(new ArrayData(TypeOf(length), Length, 0, 0, [ArrowBuffer.Empty], [data]));
        }

        var bytes = new byte[checked(Length * length * sizeof(float))];
        var validity = new ArrowBuffer.BitmapBuilder(Length);
        var nullCount = 0;
        for (var row = 0; row < Length; row++)
        {
            var isNull = IsNull(row);
            validity.Append(!isNull);
            nullCount += isNull ? 1 : 0;
            if (!isNull)
            {
                Require(row, length, error).CopyTo(MemoryMarshal.Cast<byte, float>(bytes.AsSpan(row * length * sizeof(float))));
            }
        }

        return Create(new ArrowBuffer(bytes), length, Length, validity.Build(), nullCount);
    }

    /// <summary>What a vector must be, for messages.</summary>
    /// <param name="length">Number of elements.</param>
    public static string Expected(int length) => FormattableString.Invariant($"a vector of {length} floats");

    private void AppendTo(FloatArray.Builder elements, int row)
    {
        var (start, length) = RangeOf(row);
        if (_elements.NullCount == 0)
        {
            elements.Append(_elements.Values.Slice(start, length));
            return;
        }

        for (var i = start; i < start + length; i++)
        {
            _ = _elements.IsNull(i) ? elements.AppendNull() : elements.Append(_elements.Values[i]);
        }
    }

    private static FloatArray? ElementsOf(IArrowArray elements)
    {
        switch (elements)
        {
            case FloatArray single:
                return single;
            case HalfFloatArray half:
                var builder = new FloatArray.Builder().Reserve(half.Length);
                for (var i = 0; i < half.Length; i++)
                {
                    _ = half.IsNull(i) ? builder.AppendNull() : builder.Append((float)half.Values[i]);
                }

                return builder.Build();
            default:
                return null;
        }
    }

    private (int Start, int Length) RangeOf(int row)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)row, (uint)Length, nameof(row));
        switch (_array)
        {
            case ListArray list:
                var offsets = list.ValueOffsets;
                return (offsets[row], offsets[row + 1] - offsets[row]);
            case LargeListArray large:
                var wide = large.ValueOffsets;
                return (checked((int)wide[row]), checked((int)(wide[row + 1] - wide[row])));
            default:
                return ((_array.Offset + row) * _listSize, _listSize);
        }
    }
}
