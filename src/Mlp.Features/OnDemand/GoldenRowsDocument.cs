using System.Text.Json.Serialization;
using Mlp.Runtime.Storage;

namespace Mlp.Features.OnDemand;

/// <summary>The golden rows of an on-demand view as stored: cells as text that keeps every bit (see <see cref="GoldenCell"/>), by column.</summary>
internal sealed record GoldenRowsDocument
{
    public const string FormatValue = "mlp-on-demand-golden-rows";
    public const int CurrentFormatVersion = 2;

    /// <summary>The format version from which on stored features may be among the inputs. Rows of a view without them keep the first.</summary>
    public const int InputsFormatVersion = 2;

    public string Format { get; init; } = FormatValue;

    public int FormatVersion { get; init; } = VersionedJson.FirstVersion;

    public required string Fingerprint { get; init; }

    public required int RowCount { get; init; }

    public required IReadOnlyList<IReadOnlyList<string?>> Requests { get; init; }

    /// <summary>Values of the stored features that the view computes from; null where it computes from the request alone.</summary>
    public IReadOnlyList<IReadOnlyList<string?>>? Inputs { get; init; }

    /// <summary>Their statuses, as numbers.</summary>
    public IReadOnlyList<IReadOnlyList<byte>>? InputStatuses { get; init; }

    public required IReadOnlyList<IReadOnlyList<string?>> Features { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, NewLine = "\n", RespectNullableAnnotations = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(GoldenRowsDocument))]
internal sealed partial class GoldenRowsJson : JsonSerializerContext;
