using System.Text.Json.Serialization;
using Mlp.Runtime.Storage;

namespace Mlp.Features.Materialization;

/// <summary>The file that says how far a materialization is, so that the next call goes on.</summary>
internal sealed record MaterializationDocument
{
    internal const string FormatValue = "mlp-materialization";

    /// <summary>The newest format that is read.</summary>
    internal const int CurrentFormatVersion = 1;

    public string Format { get; init; } = FormatValue;

    public int FormatVersion { get; init; } = VersionedJson.FirstVersion;

    public required string View { get; init; }

    public required int Version { get; init; }

    public required string Fingerprint { get; init; }

    /// <summary>Number of the view in the online store; it is another one when the view was cleared.</summary>
    public required uint ViewId { get; init; }

    /// <summary>Which DuckDB computed the hashes.</summary>
    public required string Engine { get; init; }

    public required long SinceCommit { get; init; }

    public required long SinceAsOf { get; init; }

    public required bool SinceHasLaterRows { get; init; }

    public required long Commit { get; init; }

    public required long AsOf { get; init; }

    public long? From { get; init; }

    public long? To { get; init; }

    public required ulong Position { get; init; }
}

[JsonSerializable(typeof(MaterializationDocument))]
[JsonSourceGenerationOptions(
    WriteIndented = true,
    NewLine = "\n",
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
internal sealed partial class MaterializationJson : JsonSerializerContext;
