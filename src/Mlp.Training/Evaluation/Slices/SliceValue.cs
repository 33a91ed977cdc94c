using System.Globalization;
using Apache.Arrow;

namespace Mlp.Training.Evaluation.Slices;

/// <summary>Reads single values of Arrow columns.</summary>
internal static class SliceValue
{
    public static double NumberOf(IArrowArray array, int row, string column) => array.IsNull(row) ? double.NaN : array switch
    {
        BooleanArray truth => truth.GetValue(row) == true ? 1 : 0,
        FloatArray single => single.Values[row],
        DoubleArray wide => wide.Values[row],
        PrimitiveArray<long> int64 => int64.Values[row],
        PrimitiveArray<int> int32 => int32.Values[row],
        PrimitiveArray<short> int16 => int16.Values[row],
        PrimitiveArray<sbyte> int8 => int8.Values[row],
        PrimitiveArray<uint> uint32 => uint32.Values[row],
        PrimitiveArray<ushort> uint16 => uint16.Values[row],
        PrimitiveArray<byte> uint8 => uint8.Values[row],
        _ => throw new TrainingDataException($"Expected column '{column}' to hold numbers to part rows by, but found the Arrow type {array.Data.DataType.Name}.", column),
    };

    public static string? TextOf(IArrowArray array, int row, string column) => array.IsNull(row) ? null : array switch
    {
        StringArray text => text.GetString(row),
        BooleanArray truth => truth.GetValue(row) == true ? "true" : "false",
        FloatArray single => single.Values[row].ToString("R", CultureInfo.InvariantCulture),
        _ => NumberOf(array, row, column).ToString("R", CultureInfo.InvariantCulture),
    };
}
