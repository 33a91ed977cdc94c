using System.Globalization;
using Apache.Arrow.Types;
using Mlp.Runtime.Data;

namespace Mlp.Features.Ingestion;

/// <summary>Which .NET types a data reader may bring, and what becomes of them.</summary>
internal static class DataReaderColumns
{
    private static readonly TimestampType Time = new(TimeUnit.Microsecond, (string?)null);

    /// <summary>The column of a type; null when values of the type are not taken.</summary>
    /// <param name="name">Column name.</param>
    /// <param name="type">What the reader says that its values are.</param>
    /// <param name="isNeeded">Whether the column is read by its name, so that values which are not taken are refused.</param>
    internal static DataReaderColumn? Find(string name, Type type, bool isNeeded) => Type.GetTypeCode(type) switch
    {
        TypeCode.SByte => new DataReaderColumn<sbyte>(name, "TINYINT", Int8Type.Default, static value => (sbyte)value),
        TypeCode.Byte => new DataReaderColumn<byte>(name, "UTINYINT", UInt8Type.Default, static value => (byte)value),
        TypeCode.Int16 => new DataReaderColumn<short>(name, "SMALLINT", Int16Type.Default, static value => (short)value),
        TypeCode.UInt16 => new DataReaderColumn<ushort>(name, "USMALLINT", UInt16Type.Default, static value => (ushort)value),
        TypeCode.Int32 => new DataReaderColumn<int>(name, "INTEGER", Int32Type.Default, static value => (int)value),
        TypeCode.UInt32 => new DataReaderColumn<uint>(name, "UINTEGER", UInt32Type.Default, static value => (uint)value),
        TypeCode.Int64 => new DataReaderColumn<long>(name, "BIGINT", Int64Type.Default, static value => (long)value),
        TypeCode.UInt64 => new DataReaderColumn<ulong>(name, "UBIGINT", UInt64Type.Default, static value => (ulong)value),
        TypeCode.Single => new DataReaderColumn<float>(name, "FLOAT", FloatType.Default, static value => (float)value),
        TypeCode.Double => new DataReaderColumn<double>(name, "DOUBLE", DoubleType.Default, static value => (double)value),
        TypeCode.Boolean => new DataReaderBooleanColumn(name),
        TypeCode.String => new DataReaderTextColumn(name, isText: false, static value => (string)value),
        TypeCode.Char => new DataReaderTextColumn(name, isText: false, static value => ((char)value).ToString()),
        TypeCode.Decimal => new DataReaderTextColumn(name, isText: true, static value => Digits((decimal)value)),
        TypeCode.DateTime => new DataReaderColumn<long>(name, "TIMESTAMP", Time, static value => FromDateTime((DateTime)value)),
        _ when DataReaderVectorColumn.IsFloats(type) || (isNeeded && DataReaderVectorColumn.MayBeVectors(type)) => new DataReaderVectorColumn(name),
        _ when type == typeof(Guid) => new DataReaderTextColumn(name, isText: true, static value => ((Guid)value).ToString("D")),
        _ when type == typeof(DateTimeOffset) => new DataReaderColumn<long>(name, "TIMESTAMP", Time, static value => FromTicks(((DateTimeOffset)value).UtcTicks)),
        _ when type == typeof(DateOnly) => new DataReaderColumn<long>(name, "TIMESTAMP", Time, static value => FromTicks(((DateOnly)value).ToDateTime(TimeOnly.MinValue).Ticks)),
        _ when type == typeof(TimeSpan) => new DataReaderColumn<long>(name, "BIGINT", Int64Type.Default, static value => WholeMicroseconds(((TimeSpan)value).Ticks)),
        _ when type == typeof(TimeOnly) => new DataReaderColumn<long>(name, "BIGINT", Int64Type.Default, static value => WholeMicroseconds(((TimeOnly)value).Ticks)),
        _ => null,
    };

    /// <summary>The name of a type as it is written in C#, but for the words of the language.</summary>
    /// <param name="type">A type.</param>
    internal static string NameOf(Type type)
        => type.IsGenericType ? $"{type.Name.Split('`')[0]}<{string.Join(", ", type.GetGenericArguments().Select(NameOf))}>" : type.Name;

    // Without the zeros at its end, so that 5.00 is a whole number.
    private static string Digits(decimal value)
    {
        var text = value.ToString(CultureInfo.InvariantCulture);
        return text.Contains('.', StringComparison.Ordinal) ? text.TrimEnd('0').TrimEnd('.') : text;
    }

    // Databases without a time zone in the column give Unspecified.
    private static long FromDateTime(DateTime value) => FromTicks(value.Kind == DateTimeKind.Local ? value.ToUniversalTime().Ticks : value.Ticks);

    private static long FromTicks(long ticks) => Microseconds.CeilingDivide(ticks - DateTime.UnixEpoch.Ticks, TimeSpan.TicksPerMicrosecond);

    private static long WholeMicroseconds(long ticks)
        => ticks % TimeSpan.TicksPerMicrosecond == 0 ? ticks / TimeSpan.TicksPerMicrosecond : throw new OverflowException("The duration has parts of a microsecond.");
}
