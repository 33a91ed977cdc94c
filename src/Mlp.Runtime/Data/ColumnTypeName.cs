using System.Globalization;
using Apache.Arrow;
using Apache.Arrow.Types;

namespace Mlp.Runtime.Data;

/// <summary>Names of Arrow types in hashes and files: with all that gives the bytes of a value their meaning. A name never changes once it was given.</summary>
internal static class ColumnTypeName
{
    private static readonly IArrowType[] Plain =
    [
        BooleanType.Default, Int8Type.Default, Int16Type.Default, Int32Type.Default, Int64Type.Default, UInt8Type.Default, UInt16Type.Default, UInt32Type.Default, UInt64Type.Default,
        HalfFloatType.Default, FloatType.Default, DoubleType.Default, StringType.Default, Date32Type.Default, Date64Type.Default,
        .. Units.Take(2).Select(unit => new Time32Type(unit)),
        .. Units.Skip(2).Select(unit => new Time64Type(unit)),
        .. Units.Select(unit => new TimestampType(unit, timezone: (string?)null)),
        DurationType.Second, DurationType.Millisecond, DurationType.Microsecond, DurationType.Nanosecond,
    ];

    private const string VectorStart = "float32[";

    private static IEnumerable<TimeUnit> Units => [TimeUnit.Second, TimeUnit.Millisecond, TimeUnit.Microsecond, TimeUnit.Nanosecond];

    /// <summary>The name of a column's type.</summary>
    /// <param name="field">The column.</param>
    /// <exception cref="NotSupportedException">The type has no name.</exception>
    public static string Of(Field field) => Find(field.DataType)
        ?? throw new NotSupportedException($"Column '{field.Name}' has type {field.DataType.Name}, which has no canonical form to hash.");

    /// <summary>The type that a name stands for; null for a name of a type whose values are not kept in files, and for any other text.</summary>
    /// <param name="name">What <see cref="Of"/> gave.</param>
    public static IArrowType? Parse(string name)
    {
        if (System.Array.Find(Plain, type => Find(type) == name) is { } plain)
        {
            return plain;
        }

        if (name.StartsWith(VectorStart, StringComparison.Ordinal) && name[^1] == ']'
            && int.TryParse(name.AsSpan()[VectorStart.Length..^1], NumberStyles.None, CultureInfo.InvariantCulture, out var length) && length > 0 && Find(VectorColumn.TypeOf(length)) == name)
        {
            return VectorColumn.TypeOf(length);
        }

        foreach (var unit in Units)
        {
            var start = $"timestamp[{UnitName(unit)}, ";
            if (name.StartsWith(start, StringComparison.Ordinal) && name.Length > start.Length + 1 && name[^1] == ']')
            {
                return new TimestampType(unit, name[start.Length..^1]);
            }
        }

        return null;
    }

    private static string? Find(IArrowType type) => type switch
    {
        BooleanType => "bool",
        Int8Type => "int8",
        Int16Type => "int16",
        Int32Type => "int32",
        Int64Type => "int64",
        UInt8Type => "uint8",
        UInt16Type => "uint16",
        UInt32Type => "uint32",
        UInt64Type => "uint64",
        HalfFloatType => "float16",
        FloatType => "float32",
        DoubleType => "float64",
        StringType => "utf8",
        Date32Type => "date32[day]",
        Date64Type => "date64[ms]",
        Time32Type time => $"time32[{UnitName(time.Unit)}]",
        Time64Type time => $"time64[{UnitName(time.Unit)}]",
        TimestampType time => string.IsNullOrEmpty(time.Timezone) ? $"timestamp[{UnitName(time.Unit)}]" : $"timestamp[{UnitName(time.Unit)}, {time.Timezone}]",
        DurationType time => $"duration[{UnitName(time.Unit)}]",
        Decimal128Type number => string.Create(CultureInfo.InvariantCulture, $"decimal128({number.Precision}, {number.Scale})"),
        Decimal256Type number => string.Create(CultureInfo.InvariantCulture, $"decimal256({number.Precision}, {number.Scale})"),
        FixedSizeListType { ValueDataType: FloatType } vector => string.Create(CultureInfo.InvariantCulture, $"{VectorStart}{vector.ListSize}]"),
        FixedSizeBinaryType bytes => string.Create(CultureInfo.InvariantCulture, $"binary[{bytes.ByteWidth}]"),
        _ => null,
    };

    private static string UnitName(TimeUnit unit) => unit switch
    {
        TimeUnit.Second => "s",
        TimeUnit.Millisecond => "ms",
        TimeUnit.Microsecond => "us",
        _ => "ns",
    };
}
