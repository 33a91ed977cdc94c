using System.Globalization;
using Apache.Arrow;
using Apache.Arrow.Arrays;

namespace Mlp.Monitoring.Tests.Compaction;

/// <summary>Rows as texts that are equal exactly if the bits of the rows are.</summary>
internal static class RowText
{
    public static IEnumerable<string> Of(RecordBatch batch)
        => Enumerable.Range(0, batch.Length).Select(row => string.Join('|', batch.Schema.FieldsList.Select((field, i) => $"{field.Name}={Of(batch.Column(i), row)}")));

    public static string Of(Schema schema)
        => string.Join('\n', schema.FieldsList.Select(f => $"{f.Name} {f.DataType.Name} {f.IsNullable} {Of(f.Metadata)}").Append(Of(schema.Metadata)));

    private static string Of(IReadOnlyDictionary<string, string>? metadata) => metadata is null ? "" : string.Join(',', metadata.OrderBy(m => m.Key, StringComparer.Ordinal).Select(m => $"{m.Key}:{m.Value}"));

    private static string Of(IArrowArray array, int row) => array.IsNull(row) ? "null" : array switch
    {
        BooleanArray a => a.GetValue(row)!.Value.ToString(CultureInfo.InvariantCulture),
        UInt8Array a => a.GetValue(row)!.Value.ToString(CultureInfo.InvariantCulture),
        Int32Array a => a.GetValue(row)!.Value.ToString(CultureInfo.InvariantCulture),
        Int64Array a => a.GetValue(row)!.Value.ToString(CultureInfo.InvariantCulture),
        TimestampArray a => a.GetValue(row)!.Value.ToString(CultureInfo.InvariantCulture),
        FloatArray a => BitConverter.SingleToUInt32Bits(a.GetValue(row)!.Value).ToString("x8", CultureInfo.InvariantCulture),
        DoubleArray a => BitConverter.DoubleToUInt64Bits(a.GetValue(row)!.Value).ToString("x16", CultureInfo.InvariantCulture),
        StringArray a => Convert.ToHexString(a.GetBytes(row)),
        FixedSizeBinaryArray a => Convert.ToHexString(a.GetBytes(row)),
        BinaryArray a => Convert.ToHexString(a.GetBytes(row)),
        MapArray a => All(a.KeyValues.Fields[0], a.ValueOffsets[row], a.ValueOffsets[row + 1]) + All(a.KeyValues.Fields[1], a.ValueOffsets[row], a.ValueOffsets[row + 1]),
        ListArray a => All(a.Values, a.ValueOffsets[row], a.ValueOffsets[row + 1]),
        FixedSizeListArray a => ((Apache.Arrow.Types.FixedSizeListType)a.Data.DataType).ListSize is var size ? All(a.Values, (a.Offset + row) * size, (a.Offset + row + 1) * size) : "",
        _ => throw new NotSupportedException(array.GetType().Name),
    };

    private static string All(IArrowArray array, int from, int to) => $"[{string.Join(',', Enumerable.Range(from, to - from).Select(i => Of(array, i)))}]";
}
