using Apache.Arrow;
using Apache.Arrow.Arrays;
using Apache.Arrow.Types;
using Mlp.Features.Definitions;
using Mlp.Runtime.Data;

namespace Mlp.Features.Ingestion;

/// <summary>Makes the error for a column.</summary>
/// <param name="expected">What was expected, without values.</param>
/// <param name="found">What was found, without values.</param>
/// <param name="row">Index of the row, or -1 when it is the whole column.</param>
internal delegate Exception ColumnError(string expected, string found, int row);

/// <summary>Brings Arrow columns into the types of the platform, where that loses nothing. Columns that have the type already are taken as they are.</summary>
internal static class ArrowColumns
{
    internal static readonly TimestampType Time = new(TimeUnit.Microsecond, "UTC");

    internal static IArrowArray ToFeature(IArrowArray array, FeatureField field, ColumnError error)
    {
        if (!field.IsVector)
        {
            return ToFeature(array, field.Type, error);
        }

        var vectors = VectorColumn.TryCreate(array) ?? throw Mistyped(array, $"{field.TypeName} (a list or a fixed-size list of float or half)", error);
        return vectors.ToFixedSize(field.Length, (expected, found, row) => error(expected, found, row));
    }

    internal static IArrowArray ToFeature(IArrowArray array, FeatureType type, ColumnError error) => type switch
    {
        FeatureType.Float32 => ToFloat32(array) ?? throw Mistyped(array, "Float32 (float, half or an integer of at most 16 bits)", error),
        FeatureType.Float64 => ToFloat64(array) ?? throw Mistyped(array, "Float64 (double, float or an integer of at most 32 bits)", error),
        FeatureType.Int64 => ToInt64(array) ?? throw Mistyped(array, "Int64 (a signed integer, or an unsigned one of at most 32 bits)", error),
        FeatureType.Boolean => array as BooleanArray ?? throw Mistyped(array, "Boolean", error),
        _ => ArrowTexts.Read(array, error) ?? throw Mistyped(array, "String (UTF-8 text)", error),
    };

    internal static IArrowArray ToKey(IArrowArray array, EntityValueKind kind, ColumnError error) => kind switch
    {
        EntityValueKind.Int64 => ToInt64(array) ?? throw Mistyped(array, "an integer key (signed, or unsigned of at most 32 bits)", error),
        EntityValueKind.Guid => ToGuidText(array, error),
        _ => ArrowTexts.Read(array, error) ?? throw Mistyped(array, "a text key (UTF-8)", error),
    };

    /// <summary>Times as timestamps in microseconds UTC.</summary>
    /// <param name="array">A timestamp of any unit, a date, or an int64 of microseconds.</param>
    /// <param name="roundUp">True for feature times, false for label and request times.</param>
    /// <param name="error">Makes the error, also for a time beyond <see cref="TimeRange"/>.</param>
    internal static TimestampArray ToTime(IArrowArray array, bool roundUp, ColumnError error)
    {
        var times = ToMicroseconds(array, roundUp, error);
        var values = times.Values;
        for (var row = 0; row < values.Length; row++)
        {
            if (!TimeRange.Contains(values[row]) && times.IsValid(row))
            {
                throw error(TimeRange.Expected, TimeRange.Beyond, row);
            }
        }

        return times;
    }

    internal static Int64Array? ToInt64(IArrowArray array) => array switch
    {
        Int64Array same => same,
        Int32Array x => Build<long, Int64Array, Int64Array.Builder>(new(), x, row => x.Values[row]),
        Int16Array x => Build<long, Int64Array, Int64Array.Builder>(new(), x, row => x.Values[row]),
        Int8Array x => Build<long, Int64Array, Int64Array.Builder>(new(), x, row => x.Values[row]),
        UInt32Array x => Build<long, Int64Array, Int64Array.Builder>(new(), x, row => x.Values[row]),
        UInt16Array x => Build<long, Int64Array, Int64Array.Builder>(new(), x, row => x.Values[row]),
        UInt8Array x => Build<long, Int64Array, Int64Array.Builder>(new(), x, row => x.Values[row]),
        _ => null,
    };

    /// <summary>Half-precision numbers as float32; every one of them is exact there.</summary>
    internal static IArrowArray FromHalf(IArrowArray array) => ToFloat32(array)!;

    private static TimestampArray ToMicroseconds(IArrowArray array, bool roundUp, ColumnError error)
    {
        switch (array)
        {
            case TimestampArray { Data.DataType: TimestampType { Unit: TimeUnit.Microsecond } } same:
                return new TimestampArray(new ArrayData(Time, same.Length, same.NullCount, same.Offset, same.Data.Buffers));
            case Int64Array integer:
                return new TimestampArray(new ArrayData(Time, integer.Length, integer.NullCount, integer.Offset, integer.Data.Buffers));
            case TimestampArray timestamp:
                var unit = ((TimestampType)timestamp.Data.DataType).Unit;
                return ConvertTimes(timestamp, row => timestamp.Values[row], unit, roundUp, error);
            case Date64Array date64:
                return ConvertTimes(date64, row => date64.Values[row], TimeUnit.Millisecond, roundUp, error);
            case Date32Array date32:
                return ConvertTimes(date32, row => date32.Values[row] * 86_400L, TimeUnit.Second, roundUp, error);
            default:
                throw Mistyped(array, "a time (a timestamp, a date, or an int64 of microseconds)", error);
        }
    }

    private static FloatArray? ToFloat32(IArrowArray array) => array switch
    {
        FloatArray same => same,
        HalfFloatArray x => Build<float, FloatArray, FloatArray.Builder>(new(), x, row => (float)x.Values[row]),
        Int16Array or Int8Array or UInt16Array or UInt8Array when ToInt64(array) is { } x
            => Build<float, FloatArray, FloatArray.Builder>(new(), x, row => x.Values[row]),
        _ => null,
    };

    private static DoubleArray? ToFloat64(IArrowArray array) => array switch
    {
        DoubleArray same => same,
        FloatArray x => Build<double, DoubleArray, DoubleArray.Builder>(new(), x, row => x.Values[row]),
        HalfFloatArray x => Build<double, DoubleArray, DoubleArray.Builder>(new(), x, row => (double)x.Values[row]),
        Int32Array or Int16Array or Int8Array or UInt32Array or UInt16Array or UInt8Array when ToInt64(array) is { } x
            => Build<double, DoubleArray, DoubleArray.Builder>(new(), x, row => x.Values[row]),
        _ => null,
    };

    /// <summary>GUIDs as their canonical text: 36 lower-case characters.</summary>
    private static StringArray ToGuidText(IArrowArray array, ColumnError error)
    {
        if (array is FixedSizeBinaryArray { Data.DataType: FixedSizeBinaryType { ByteWidth: 16 } } binary)
        {
            return ArrowTexts.Build(binary, row => new Guid(binary.GetBytes(row), bigEndian: true).ToString("D"));
        }

        var text = ArrowTexts.Read(array, error) ?? throw Mistyped(array, "a GUID key (16 bytes big-endian, or text)", error);
        return ArrowTexts.Build(text, row => Guid.TryParse(text.GetString(row), out var guid) ? guid.ToString("D") : throw error("a GUID", "a text that is none", row));
    }

    private static TimestampArray ConvertTimes(IArrowArray array, Func<int, long> read, TimeUnit unit, bool roundUp, ColumnError error)
    {
        var values = new ArrowBuffer.Builder<long>(array.Length);
        var validity = new ArrowBuffer.BitmapBuilder(array.Length);
        for (var row = 0; row < array.Length; row++)
        {
            validity.Append(array.IsValid(row));
            values.Append(array.IsValid(row) ? ToMicroseconds(read(row), unit, roundUp, row, error) : 0);
        }

        return new TimestampArray(new ArrayData(Time, array.Length, array.NullCount, 0, [validity.Build(), values.Build()]));
    }

    private static long ToMicroseconds(long value, TimeUnit unit, bool roundUp, int row, ColumnError error)
    {
        try
        {
            return unit switch
            {
                TimeUnit.Second => checked(value * 1_000_000),
                TimeUnit.Millisecond => checked(value * 1_000),
                TimeUnit.Nanosecond => roundUp ? Microseconds.CeilingDivide(value, 1_000) : Microseconds.FloorDivide(value, 1_000),
                _ => value,
            };
        }
        catch (OverflowException)
        {
            throw error(TimeRange.Expected, TimeRange.Beyond, row);
        }
    }

    private static TArray Build<TValue, TArray, TBuilder>(TBuilder builder, IArrowArray source, Func<int, TValue> read)
        where TValue : struct
        where TArray : IArrowArray
        where TBuilder : class, IArrowArrayBuilder<TValue, TArray, TBuilder>
    {
        builder.Reserve(source.Length);
        for (var row = 0; row < source.Length; row++)
        {
            if (source.IsValid(row))
            {
                builder.Append(read(row));
            }
            else
            {
                builder.AppendNull();
            }
        }

        return builder.Build(default);
    }

    private static Exception Mistyped(IArrowArray array, string expected, ColumnError error) => error(expected, array.Data.DataType.Name, -1);
}
