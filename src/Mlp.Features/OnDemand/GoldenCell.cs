using System.Globalization;
using Apache.Arrow;
using Mlp.Features.Ingestion;
using Mlp.Runtime.Data;

namespace Mlp.Features.OnDemand;

/// <summary>A value as text and back, bit for bit: floats as the hexadecimal digits of their bits, integers in decimal, text as it is.</summary>
internal static class GoldenCell
{
    public static string? Format(IArrowArray column, int row) => column switch
    {
        _ when !column.IsValid(row) => null,
        FloatArray x => BitConverter.SingleToUInt32Bits(x.Values[row]).ToString("x8", CultureInfo.InvariantCulture),
        DoubleArray x => BitConverter.DoubleToUInt64Bits(x.Values[row]).ToString("x16", CultureInfo.InvariantCulture),
        Int64Array x => x.Values[row].ToString(CultureInfo.InvariantCulture),
        BooleanArray x => x.GetValue(row) == true ? "true" : "false",
        _ => ((StringArray)column).GetString(row),
    };

    /// <exception cref="FormatException">A text is no value of the type.</exception>
    public static IArrowArray Parse(IReadOnlyList<string?> cells, FeatureType type)
    {
        var column = new ColumnBuilder(type);
        foreach (var cell in cells)
        {
            if (cell is null)
            {
                column.AppendNull();
                continue;
            }

            switch (type)
            {
                case FeatureType.Float32:
                    column.Append(BitConverter.UInt32BitsToSingle(uint.Parse(cell, NumberStyles.HexNumber, CultureInfo.InvariantCulture)));
                    break;
                case FeatureType.Float64:
                    column.Append(BitConverter.UInt64BitsToDouble(ulong.Parse(cell, NumberStyles.HexNumber, CultureInfo.InvariantCulture)));
                    break;
                case FeatureType.Int64:
                    column.Append(long.Parse(cell, CultureInfo.InvariantCulture));
                    break;
                case FeatureType.Boolean:
                    column.Append(bool.Parse(cell));
                    break;
                default:
                    column.Append(cell);
                    break;
            }
        }

        return column.Build();
    }
}
