using System.Collections.ObjectModel;
using System.Text.Json;
using System.Text.Json.Serialization;
using Mlp.Runtime.Data;
using Mlp.Runtime.Storage;

namespace Mlp.Runtime.Models;

/// <summary>The record of one published version: immutable, stored as JSON beside the content-addressed files it names.</summary>
/// <remarks>The reader hands over null for an optional property that a file does not have; a collection is empty then.</remarks>
public sealed record ModelManifest
{
    /// <summary>The newest manifest format that is read.</summary>
    public const int CurrentFormatVersion = VectorLength.FirstFormatVersion;

    /// <summary>What the file says that it is.</summary>
    internal const string FormatName = "mlp-model-manifest";

    /// <summary>Version of the format: 1, or 2 where a feature is a vector.</summary>
    [JsonPropertyOrder(-1)]
    public int FormatVersion { get; init; } = VersionedJson.FirstVersion;

    /// <summary>Model name.</summary>
    public required string Name { get; init; }

    /// <summary>Version, from 1, never used twice.</summary>
    public required int Version { get; init; }

    /// <summary>When it was published, UTC.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>SHA-256 of the ONNX file, 64 lower-case hexadecimal digits.</summary>
    public required string OnnxSha256 { get; init; }

    /// <summary>Size of the ONNX file in bytes.</summary>
    public required long OnnxByteCount { get; init; }

    /// <summary>The files beside the ONNX file that hold values of its tensors, in ordinal order of their paths; empty for a model that is one file.</summary>
    [JsonIgnore]
    public IReadOnlyList<ExternalDataFile> ExternalData { get; init; } = [];

    /// <summary>Inputs and outputs of the file.</summary>
    public required ModelSignature Signature { get; init; }

    /// <summary>What the outputs mean.</summary>
    public required ModelOutput Output { get; init; }

    /// <summary>The feature service whose features the model takes; null when callers bring the inputs themselves.</summary>
    public FeatureServiceReference? FeatureService { get; init; }

    /// <summary>The features the model takes, in order; null when callers bring the inputs themselves.</summary>
    public IReadOnlyList<FeatureColumn>? Features { get; init; }

    /// <summary>Quality on the holdout, by name.</summary>
    public IReadOnlyDictionary<string, double> Metrics
    {
        get;
        init => field = value ?? ReadOnlyDictionary<string, double>.Empty;
    }
    = ReadOnlyDictionary<string, double>.Empty;

    /// <summary>Content hash of the training set.</summary>
    public string? TrainingSetHash { get; init; }

    /// <summary>SHA-256 of the training set's manifest, which says which service, commits and columns its rows came from; null when there is none.</summary>
    public string? TrainingSetManifestSha256 { get; init; }

    /// <summary>SHA-256 of the reference profile; null when there is none.</summary>
    public string? ReferenceProfileSha256 { get; init; }

    /// <summary>SHA-256 of the golden rows; null when there are none.</summary>
    public string? GoldenRowsSha256 { get; init; }

    /// <summary>Agreement of the file with the trained model; null when the file came from elsewhere.</summary>
    public ExportProof? ExportProof { get; init; }

    /// <summary>The version this one was compared with or trained from.</summary>
    public int? ParentVersion { get; init; }

    /// <summary>Id of the training run that made it; null when nobody has said.</summary>
    public string? RunId { get; init; }

    /// <summary>Where the version came from; null when it was published here.</summary>
    public ModelOrigin? Origin { get; init; }

    /// <summary>A sentence for people.</summary>
    public string? Description { get; init; }

    /// <summary>Free labels.</summary>
    public IReadOnlyDictionary<string, string> Tags
    {
        get;
        init => field = value ?? ReadOnlyDictionary<string, string>.Empty;
    }
    = ReadOnlyDictionary<string, string>.Empty;

    /// <summary>The model and version in sentences; a candidate, which is tried before it gets a version, has version 0 and none to name.</summary>
    internal string Where => Version > 0 ? FormattableString.Invariant($"model '{Name}' version {Version}") : $"model '{Name}'";

    /// <summary>Properties that this version of the platform does not know: a later one wrote them, and an import keeps them.</summary>
    [JsonInclude]
    [JsonExtensionData]
    internal Dictionary<string, JsonElement>? Unknown { get; set; }

    /// <summary>The external data in files: absent where there is none.</summary>
    [JsonInclude]
    [JsonPropertyName("externalData")]
    internal IReadOnlyList<ExternalDataFile>? StoredExternalData
    {
        get => ExternalData.Count == 0 ? null : ExternalData;
        init => ExternalData = value ?? [];
    }

    [JsonInclude]
    [JsonPropertyOrder(-2)]
    internal string Format { get; init; } = FormatName;
}
