using System.Globalization;
using System.Text.Json.Serialization;
using Apache.Arrow;
using Mlp.Features.Ingestion;
using Mlp.Runtime.Data;

namespace Mlp.Features.OnDemand;

/// <summary>Inputs and outputs of an on-demand view as a file. A cell is null or text; the bits of floats stand as hexadecimal digits.</summary>
internal sealed record GoldenRowsDocument
{
    internal const string MagicValue = "mlp-on-demand-golden-rows";
    internal const int CurrentFormatVersion = 1;

    public string Magic { get; init; } = MagicValue;

    public int FormatVersion { get; init; } = CurrentFormatVersion;

    public required string Name { get; init; }

    public required int Version { get; init; }

    public required string Fingerprint { get; init; }

    public required int RowCount { get; init; }

    /// <summary>One column per request field.</summary>
    public required IReadOnlyList<IReadOnlyList<string?>> Request { get; init; }

    /// <summary>One column per feature.</summary>
    public required IReadOnlyList<IReadOnlyList<string?>> Features { get; init; }

    internal static IReadOnlyList<string?> Encode(IArrowArray array, int count) => [.. Enumerable.Range(0, count).Select(row => EncodeCell(array, row))];

    /// <exception cref="FormatException">A cell is not of the type.</exception>
    internal static IArrowArray Decode(IReadOnlyList<string?> cells, FeatureType type)
    {
        var builder = new ColumnBuilder(type);
        foreach (var cell in cells)
        {
            DecodeCell(builder, cell, type);
        }

        return builder.Build();
    }

    private static string? EncodeCell(IArrowArray array, int row) => array switch
    {
        _ when array.IsNull(row) => null,
        FloatArray x => BitConverter.SingleToUInt32Bits(x.GetValue(row)!.Value).ToString("x8", CultureInfo.InvariantCulture),
        DoubleArray x => BitConverter.DoubleToUInt64Bits(x.GetValue(row)!.Value).ToString("x16", CultureInfo.InvariantCulture),
        Int64Array x => x.GetValue(row)!.Value.ToString(CultureInfo.InvariantCulture),
        BooleanArray x => x.GetValue(row)!.Value ? "true" : "false",
        StringArray x => x.GetString(row),
        _ => throw new ArgumentException($"Expected a feature column, but found {array.Data.DataType.Name}.", nameof(array)),
    };

    private static void DecodeCell(ColumnBuilder builder, string? cell, FeatureType type)
    {
        switch (type)
        {
            case var _ when cell is null:
                builder.AppendNull();
                break;
            case FeatureType.Float32:
                builder.Append(BitConverter.UInt32BitsToSingle(uint.Parse(cell, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture)));
                break;
            case FeatureType.Float64:
                builder.Append(BitConverter.UInt64BitsToDouble(ulong.Parse(cell, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture)));
                break;
            case FeatureType.Int64:
                builder.Append(long.Parse(cell, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture));
                break;
            case FeatureType.Boolean:
                builder.Append(bool.Parse(cell));
                break;
            default:
                builder.Append(cell);
                break;
        }
    }
}

[JsonSerializable(typeof(GoldenRowsDocument))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
internal sealed partial class GoldenRowsJson : JsonSerializerContext;
