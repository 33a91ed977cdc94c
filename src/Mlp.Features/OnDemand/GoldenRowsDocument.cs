using System.Text.Json.Serialization;
using Mlp.Runtime.Storage;

namespace Mlp.Features.OnDemand;

/// <summary>The golden rows of an on-demand view as stored: cells as text that keeps every bit (see <see cref="GoldenCell"/>), by column.</summary>
internal sealed record GoldenRowsDocument
{
    public const string FormatValue = "mlp-on-demand-golden-rows";
    public const int CurrentFormatVersion = 1;

    public string Format { get; init; } = FormatValue;

    public int FormatVersion { get; init; } = VersionedJson.FirstVersion;

    public required string Fingerprint { get; init; }

    public required int RowCount { get; init; }

    public required IReadOnlyList<IReadOnlyList<string?>> Requests { get; init; }

    public required IReadOnlyList<IReadOnlyList<string?>> Features { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, NewLine = "\n", RespectNullableAnnotations = true)]
[JsonSerializable(typeof(GoldenRowsDocument))]
internal sealed partial class GoldenRowsJson : JsonSerializerContext;
