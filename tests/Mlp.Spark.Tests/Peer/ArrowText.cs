using System.Globalization;
using Apache.Arrow;
using Apache.Arrow.Types;

namespace Mlp.Spark.Tests.Peer;

/// <summary>Arrow values and types as text, so that whole tables can be compared.</summary>
internal static class ArrowText
{
    /// <summary>A value.</summary>
    public static string Format(IArrowArray array, int row) => array.IsNull(row) ? "null" : array switch
    {
        BooleanArray a => a.GetValue(row)!.Value ? "true" : "false",
        Int32Array a => Number(a.GetValue(row)),
        Int64Array a => Number(a.GetValue(row)),
        Int8Array a => Number(a.GetValue(row)),
        Int16Array a => Number(a.GetValue(row)),
        UInt8Array a => Number(a.GetValue(row)),
        FloatArray a => BitConverter.SingleToUInt32Bits(a.GetValue(row)!.Value).ToString("x8", CultureInfo.InvariantCulture),
        DoubleArray a => BitConverter.DoubleToUInt64Bits(a.GetValue(row)!.Value).ToString("x16", CultureInfo.InvariantCulture),
        StringArray a => $"'{a.GetString(row)}'",
        BinaryArray a => $"X'{Convert.ToHexStringLower(a.GetBytes(row))}'",
        Date32Array a => Number(a.Values[row]),
        TimestampArray a => Number(a.Values[row]),
        Decimal128Array a => a.GetString(row),
        MapArray a => Format(a.GetSlicedValues(row)),
        ListArray a => Format(a.GetSlicedValues(row)),
        FixedSizeListArray a => Format(a.GetSlicedValues(row)!),
        StructArray a => "{" + string.Join(", ", a.Fields.Select((f, i) => $"{((StructType)a.Data.DataType).Fields[i].Name}: {Format(f, row)}")) + "}",
        _ => throw new NotSupportedException(array.GetType().Name),
    };

    /// <summary>Name, type and whether there may be nulls, in every part. Names within lists and maps say nothing.</summary>
    public static string Describe(Field field) => $"{field.Name}: {Describe(field.DataType)}{(field.IsNullable ? string.Empty : " not null")}";

    private static string Describe(IArrowType type) => type switch
    {
        StructType record => $"struct<{string.Join(", ", record.Fields.Select(Describe))}>",
        ListType list => $"list<{Describe(list.ValueDataType)}{(list.ValueField.IsNullable ? string.Empty : " not null")}>",
        Decimal128Type number => $"decimal({number.Precision}, {number.Scale})",
        TimestampType timestamp => $"timestamp({timestamp.Unit}, {timestamp.Timezone})",
        _ => type.Name,
    };

    private static string Format(IArrowArray values) => "[" + string.Join(", ", Enumerable.Range(0, values.Length).Select(i => Format(values, i))) + "]";

    private static string Number(IFormattable? value) => value!.ToString(null, CultureInfo.InvariantCulture);
}
