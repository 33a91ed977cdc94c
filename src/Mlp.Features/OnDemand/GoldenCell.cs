using System.Globalization;
using Apache.Arrow;
using Mlp.Features.Definitions;
using Mlp.Features.Ingestion;
using Mlp.Runtime.Data;

namespace Mlp.Features.OnDemand;

/// <summary>A value as text and back, bit for bit: floats as the hexadecimal digits of their bits, those of a vector one behind the other, integers in decimal, text as it is.</summary>
internal static class GoldenCell
{
    public static string? Format(IArrowArray column, int row) => column switch
    {
        _ when !column.IsValid(row) => null,
        FloatArray x => Bits(x.Values[row]),
        DoubleArray x => BitConverter.DoubleToUInt64Bits(x.Values[row]).ToString("x16", CultureInfo.InvariantCulture),
        Int64Array x => x.Values[row].ToString(CultureInfo.InvariantCulture),
        BooleanArray x => x.GetValue(row) == true ? "true" : "false",
        StringArray x => x.GetString(row),
        _ => string.Concat(VectorColumn.TryCreate(column)!.ValuesOf(row).ToArray().Select(Bits)),
    };

    /// <exception cref="FormatException">A text is no value of the type.</exception>
    public static IArrowArray Parse(IReadOnlyList<string?> cells, FeatureField field)
    {
        var column = new ColumnBuilder(field.Type, field.Length);
        foreach (var cell in cells)
        {
            if (cell is null)
            {
                column.AppendNull();
                continue;
            }

            switch (field.Type)
            {
                case FeatureType.Float32 when field.IsVector:
                    column.Append(ParseVector(cell, field.Length));
                    break;
                case FeatureType.Float32:
                    column.Append(ParseBits(cell));
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

    private static string Bits(float value) => BitConverter.SingleToUInt32Bits(value).ToString("x8", CultureInfo.InvariantCulture);

    private static float ParseBits(ReadOnlySpan<char> digits) => BitConverter.UInt32BitsToSingle(uint.Parse(digits, NumberStyles.HexNumber, CultureInfo.InvariantCulture));

    private static float[] ParseVector(string cell, int length)
    {
        if (cell.Length != 8 * length)
        {
            throw new FormatException(string.Create(CultureInfo.InvariantCulture, $"Expected 8 hexadecimal digits for each of {length} elements, but found {cell.Length} in all."));
        }

        var vector = new float[length];
        for (var i = 0; i < length; i++)
        {
            vector[i] = ParseBits(cell.AsSpan(8 * i, 8));
        }

        return vector;
    }
}
