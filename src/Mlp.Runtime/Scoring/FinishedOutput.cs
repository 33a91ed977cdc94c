using System.Text.Json.Serialization;
using Mlp.Runtime.Storage;

namespace Mlp.Runtime.Scoring;

/// <summary>What a work folder says of the output that it is about to publish, so that a later run knows it again.</summary>
internal sealed record FinishedOutput
{
    /// <summary>The newest format that is read.</summary>
    public const int CurrentFormatVersion = 1;

    /// <summary>What the file says that it is.</summary>
    public const string FormatName = "mlp-scoring-output";

    [JsonPropertyOrder(-2)]
    public string Format { get; } = FormatName;

    [JsonPropertyOrder(-1)]
    public int FormatVersion { get; init; } = VersionedJson.FirstVersion;

    /// <summary>Size of the output in bytes.</summary>
    public required long ByteCount { get; init; }
}
