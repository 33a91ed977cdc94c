using System.Buffers.Binary;
using System.Globalization;
using System.IO.Hashing;
using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using System.Text;
using Apache.Arrow;
using Apache.Arrow.Arrays;
using Apache.Arrow.Types;
using Mlp.Runtime.Data;

namespace Mlp.Runtime.Statistics.Profiles;

/// <summary>Reads columns of Arrow into their sketches, block by block.</summary>
internal static class ColumnReader
{
    private const int BlockLength = ColumnSketch.BlockLength;
    private const long MicrosecondsPerDay = 86_400_000_000;

    /// <summary>What a profile calls a type.</summary>
    /// <param name="type">Of an Arrow column.</param>
    internal static ProfileColumnType TypeOf(IArrowType type) => type switch
    {
        FloatType => ProfileColumnType.Float32,
        DoubleType or HalfFloatType => ProfileColumnType.Float64,
        Int8Type or Int16Type or Int32Type or Int64Type or UInt8Type or UInt16Type or UInt32Type or UInt64Type => ProfileColumnType.Int64,
        BooleanType => ProfileColumnType.Boolean,
        StringType or LargeStringType or StringViewType => ProfileColumnType.String,
        DictionaryType { ValueType: StringType or LargeStringType or StringViewType } => ProfileColumnType.String,
        TimestampType or Date32Type or Date64Type => ProfileColumnType.Timestamp,
        BinaryType or LargeBinaryType or BinaryViewType or FixedSizeBinaryType => ProfileColumnType.Binary,
        NestedType when VectorColumn.IsVector(type) => ProfileColumnType.Vector,
        _ => ProfileColumnType.Other,
    };

    /// <summary>Adds the rows of a column.</summary>
    /// <param name="array">The column.</param>
    /// <param name="weights">Of each row, 0 for a row that does not count; empty where all are 1.</param>
    /// <param name="sketch">Where to; of the type of the column.</param>
    internal static void Add(IArrowArray array, ReadOnlySpan<double> weights, ColumnSketch sketch)
    {
        if (weights.IsEmpty)
        {
            sketch.Rows += new RowTally(array.Length, array.Length);
            sketch.Nulls += new RowTally(array.NullCount, array.NullCount);
        }
        else
        {
            CountRows(array, weights, sketch);
        }

        switch (array)
        {
            case FloatArray floats:
                AddFloats(floats.Values, array, weights, sketch);
                break;
            case DoubleArray doubles:
                AddFloats(doubles.Values, array, weights, sketch);
                break;
            case HalfFloatArray halves:
                AddFloats(halves.Values, array, weights, sketch);
                break;
            case Int8Array integers:
                AddIntegers(integers.Values, array, weights, sketch);
                break;
            case Int16Array integers:
                AddIntegers(integers.Values, array, weights, sketch);
                break;
            case Int32Array integers:
                AddIntegers(integers.Values, array, weights, sketch);
                break;
            case Int64Array integers:
                AddIntegers(integers.Values, array, weights, sketch);
                break;
            case UInt8Array integers:
                AddIntegers(integers.Values, array, weights, sketch);
                break;
            case UInt16Array integers:
                AddIntegers(integers.Values, array, weights, sketch);
                break;
            case UInt32Array integers:
                AddIntegers(integers.Values, array, weights, sketch);
                break;
            case UInt64Array integers:
                AddIntegers(integers.Values, array, weights, sketch);
                break;
            case BooleanArray booleans:
                AddEach(array, weights, sketch, i => booleans.GetValue(i) == true ? 1L : 0);
                break;
            case TimestampArray times:
                AddTimes(times, weights, sketch);
                break;
            case Date32Array dates:
                AddEach(array, weights, sketch, i => dates.Values[i] * MicrosecondsPerDay);
                break;
            case Date64Array dates:
                AddEach(array, weights, sketch, i => dates.Values[i] * 1000);
                break;
            case DictionaryArray dictionary when sketch.Items is not null:
                AddDictionary(dictionary, weights, sketch);
                break;
            case var _ when sketch.Type == ProfileColumnType.Vector:
                AddNorms(VectorColumn.TryCreate(array)!, array, weights, sketch);
                break;
            case var _ when sketch.Distinct is not null:
                AddBytes(array, weights, sketch);
                break;
        }
    }

    private static void CountRows(IArrowArray array, ReadOnlySpan<double> weights, ColumnSketch sketch)
    {
        for (var i = 0; i < weights.Length; i++)
        {
            var row = weights[i] == 0 ? default : new RowTally(1, weights[i]);
            sketch.Rows += row;
            sketch.Nulls += array.IsNull(i) ? row : default;
        }
    }

    private static void AddFloats<T>(ReadOnlySpan<T> values, IArrowArray array, ReadOnlySpan<double> weights, ColumnSketch sketch)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        Span<double> wide = stackalloc double[BlockLength];
        Span<double> weighted = stackalloc double[weights.IsEmpty ? 0 : BlockLength];
        var isWhole = array.NullCount == 0 && weights.IsEmpty;
        for (var start = 0; start < values.Length; start += BlockLength)
        {
            var block = values.Slice(start, Math.Min(BlockLength, values.Length - start));
            if (isWhole && typeof(T) == typeof(double))
            {
                sketch.AddNumbers(MemoryMarshal.Cast<T, double>(block), [], []);
                continue;
            }

            TensorPrimitives.ConvertTruncating(block, wide);
            var count = isWhole ? block.Length : Pick(array, start, wide[..block.Length], weights, weighted);
            sketch.AddNumbers(wide[..count], [], weights.IsEmpty ? [] : weighted[..count]);
        }
    }

    private static void AddIntegers<T>(ReadOnlySpan<T> values, IArrowArray array, ReadOnlySpan<double> weights, ColumnSketch sketch)
        where T : unmanaged, IBinaryInteger<T>
    {
        Span<long> wide = stackalloc long[BlockLength];
        Span<double> weighted = stackalloc double[weights.IsEmpty ? 0 : BlockLength];
        for (var start = 0; start < values.Length; start += BlockLength)
        {
            var block = values.Slice(start, Math.Min(BlockLength, values.Length - start));
            TensorPrimitives.ConvertTruncating(block, wide);
            var count = array.NullCount == 0 && weights.IsEmpty ? block.Length : Pick(array, start, wide[..block.Length], weights, weighted);
            AddIntegers(wide[..count], weights.IsEmpty ? [] : weighted[..count], sketch, isUnsigned: typeof(T) == typeof(ulong));
        }
    }

    private static void AddIntegers(ReadOnlySpan<long> values, ReadOnlySpan<double> weights, ColumnSketch sketch, bool isUnsigned = false)
    {
        if (sketch.Items is not null)
        {
            AddCodes(values, weights, sketch, isUnsigned);
        }

        Span<double> wide = stackalloc double[values.Length];
        if (isUnsigned)
        {
            TensorPrimitives.ConvertTruncating(MemoryMarshal.Cast<long, ulong>(values), wide);
        }
        else
        {
            TensorPrimitives.ConvertTruncating(values, wide);
        }

        sketch.AddNumbers(wide, values, weights);
    }

    private static void AddCodes(ReadOnlySpan<long> values, ReadOnlySpan<double> weights, ColumnSketch sketch, bool isUnsigned)
    {
        Span<byte> digits = stackalloc byte[20];
        for (var i = 0; i < values.Length; i++)
        {
            var length = 0;
            _ = isUnsigned ? ((ulong)values[i]).TryFormat(digits, out length, default, CultureInfo.InvariantCulture) : values[i].TryFormat(digits, out length, default, CultureInfo.InvariantCulture);
            sketch.Items!.Add(digits[..length], weights.IsEmpty ? 1 : weights[i]);
        }
    }

    private static void AddTimes(TimestampArray times, ReadOnlySpan<double> weights, ColumnSketch sketch)
    {
        var unit = ((TimestampType)times.Data.DataType).Unit;
        AddEach(times, weights, sketch, i => unit switch
        {
            TimeUnit.Second => times.Values[i] * 1_000_000,
            TimeUnit.Millisecond => times.Values[i] * 1_000,
            TimeUnit.Nanosecond => times.Values[i] / 1_000,
            _ => times.Values[i],
        });
    }

    private static void AddEach(IArrowArray array, ReadOnlySpan<double> weights, ColumnSketch sketch, Func<int, long> valueOf)
    {
        Span<long> block = stackalloc long[BlockLength];
        Span<double> weighted = stackalloc double[weights.IsEmpty ? 0 : BlockLength];
        for (var start = 0; start < array.Length; start += BlockLength)
        {
            var length = Math.Min(BlockLength, array.Length - start);
            for (var i = 0; i < length; i++)
            {
                block[i] = array.IsNull(start + i) ? 0 : valueOf(start + i);
            }

            var count = Pick(array, start, block[..length], weights, weighted);
            AddIntegers(block[..count], weights.IsEmpty ? [] : weighted[..count], sketch);
        }
    }

    private static void AddNorms(VectorColumn vectors, IArrowArray array, ReadOnlySpan<double> weights, ColumnSketch sketch)
    {
        Span<double> block = stackalloc double[BlockLength];
        Span<double> weighted = stackalloc double[weights.IsEmpty ? 0 : BlockLength];
        for (var start = 0; start < array.Length; start += BlockLength)
        {
            var length = Math.Min(BlockLength, array.Length - start);
            for (var i = 0; i < length; i++)
            {
                block[i] = vectors.IsNull(start + i) ? 0 : TensorPrimitives.Norm(vectors.ValuesOf(start + i));
            }

            var count = Pick(array, start, block[..length], weights, weighted);
            sketch.AddNumbers(block[..count], [], weights.IsEmpty ? [] : weighted[..count]);
        }
    }

    /// <summary>Moves the values that are there, and whose row counts, to the front, and their weights beside them. Gives their number.</summary>
    private static int Pick<T>(IArrowArray array, int start, Span<T> values, ReadOnlySpan<double> weights, Span<double> picked)
        where T : unmanaged
    {
        var bits = array.Data.Buffers[0].Span;
        var offset = array.Data.Offset + start;
        if (weights.IsEmpty)
        {
            return bits.IsEmpty ? values.Length : PickPresent(bits, offset, values);
        }

        var count = 0;
        for (var i = 0; i < values.Length; i++)
        {
            var weight = weights[start + i];
            (values[count], picked[count]) = (values[i], weight);
            count += (bits.IsEmpty || BitUtility.GetBit(bits, offset + i)) && weight != 0 ? 1 : 0;
        }

        return count;
    }

    private static int PickPresent<T>(ReadOnlySpan<byte> bits, int offset, Span<T> values)
        where T : unmanaged
    {
        var count = 0;
        for (var i = 0; i < values.Length; i += 64)
        {
            var word = BitsFrom(bits, offset + i);
            var length = Math.Min(64, values.Length - i);
            if (word == ulong.MaxValue)
            {
                values.Slice(i, length).CopyTo(values[count..]);
                count += length;
                continue;
            }

            for (var row = i; row < i + length; row++)
            {
                values[count] = values[row];
                count += (int)(word & 1);
                word >>= 1;
            }
        }

        return count;
    }

    /// <summary>64 bits from any bit on; 0 beyond the end.</summary>
    private static ulong BitsFrom(ReadOnlySpan<byte> bits, int offset)
    {
        Span<byte> window = stackalloc byte[2 * sizeof(ulong)];
        window.Clear();
        var first = offset >> 3;
        bits[first..Math.Min(bits.Length, first + sizeof(ulong) + 1)].CopyTo(window);
        var shift = offset & 7;
        var low = BinaryPrimitives.ReadUInt64LittleEndian(window) >> shift;
        return shift == 0 ? low : low | ((ulong)window[sizeof(ulong)] << (64 - shift));
    }

    private static void AddDictionary(DictionaryArray dictionary, ReadOnlySpan<double> weights, ColumnSketch sketch)
    {
        var sums = new double[dictionary.Dictionary.Length];
        var nullWeight = new RowTally();
        for (var i = 0; i < dictionary.Length; i++)
        {
            var weight = weights.IsEmpty ? 1 : weights[i];
            if (dictionary.IsNull(i) || weight == 0)
            {
                continue;
            }

            var code = CodeOf(dictionary.Indices, i);
            sums[code] += weight;

            // A value of the dictionary may itself be null.
            nullWeight += dictionary.Dictionary.IsNull(code) ? new RowTally(1, weight) : default;
        }

        sketch.Nulls += nullWeight;
        for (var code = 0; code < sums.Length; code++)
        {
            if (sums[code] > 0 && !dictionary.Dictionary.IsNull(code))
            {
                var text = BytesOf(dictionary.Dictionary, code);
                sketch.AddCategory(XxHash3.HashToUInt64(text), text, sums[code]);
            }
        }
    }

    private static void AddBytes(IArrowArray array, ReadOnlySpan<double> weights, ColumnSketch sketch)
    {
        for (var i = 0; i < array.Length; i++)
        {
            var weight = weights.IsEmpty ? 1 : weights[i];
            if (weight == 0 || array.IsNull(i))
            {
                continue;
            }

            var bytes = BytesOf(array, i);
            var hash = XxHash3.HashToUInt64(bytes);
            if (sketch.Items is null)
            {
                sketch.Distinct!.AddHash(hash);
            }
            else
            {
                sketch.AddCategory(hash, bytes, weight);
            }
        }
    }

    private static int CodeOf(IArrowArray indices, int row) => indices switch
    {
        Int8Array codes => codes.Values[row],
        Int16Array codes => codes.Values[row],
        Int32Array codes => codes.Values[row],
        UInt8Array codes => codes.Values[row],
        UInt16Array codes => codes.Values[row],
        UInt32Array codes => checked((int)codes.Values[row]),
        UInt64Array codes => checked((int)codes.Values[row]),
        _ => checked((int)((Int64Array)indices).Values[row]),
    };

    private static ReadOnlySpan<byte> BytesOf(IArrowArray array, int row) => array switch
    {
        FixedSizeBinaryArray bytes => bytes.GetBytes(row),
        BinaryArray bytes => bytes.GetBytes(row, out _),
        LargeBinaryArray bytes => bytes.GetBytes(row, out _),
        BinaryViewArray bytes => bytes.GetBytes(row, out _),
        _ => throw new NotSupportedException($"Expected texts or bytes, but found a column of type {array.Data.DataType.Name}."),
    };
}
