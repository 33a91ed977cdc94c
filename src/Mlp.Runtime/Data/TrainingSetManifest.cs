using System.Text.Json.Serialization;
using Mlp.Runtime.Storage;

namespace Mlp.Runtime.Data;

/// <summary>What a training set is made of, so that the same manifest means the same rows. Immutable. As JSON it is kept with the models that were trained on it.</summary>
/// <remarks>The reader hands over null for an optional property that a file does not have; a collection is empty then.</remarks>
public sealed record TrainingSetManifest
{
    /// <summary>The newest manifest format that is read.</summary>
    internal const int CurrentFormatVersion = VectorLength.FirstFormatVersion;

    /// <summary>What the file says that it is.</summary>
    internal const string FormatName = "mlp-training-set";

    /// <summary>Version of the format: 1, or 2 where a feature is a vector.</summary>
    [JsonPropertyOrder(-1)]
    public int FormatVersion { get; init; } = VersionedJson.FirstVersion;

    /// <summary>The feature service that was joined; null when the rows come from elsewhere.</summary>
    public FeatureServiceReference? FeatureService { get; init; }

    /// <summary>The feature columns, in the service's order.</summary>
    public required IReadOnlyList<FeatureColumn> Features { get; init; }

    /// <summary>The entity key columns.</summary>
    public IReadOnlyList<KeyColumn> Keys { get; init => field = value ?? []; } = [];

    /// <summary>Names of the label columns; empty when there are none.</summary>
    public IReadOnlyList<string> LabelColumns { get; init => field = value ?? []; } = [];

    /// <summary>Name of the column that says how much each row counts; null when all count the same.</summary>
    public string? WeightColumn { get; init; }

    /// <summary>Name of the column with the time of each row (int64 microseconds or an Arrow timestamp); null when rows have no time.</summary>
    public string? TimeColumn { get; init; }

    /// <summary>Which values a row could see.</summary>
    [JsonIgnore]
    public JoinMode JoinMode { get; init; } = JoinMode.EventTime;

    /// <summary>The commit of each feature view that was read, in the service's order.</summary>
    public IReadOnlyList<FeatureViewCommit> Commits { get; init => field = value ?? []; } = [];

    /// <summary>The rows that were asked about; null when nobody has said.</summary>
    public TrainingSetSpine? Spine { get; init; }

    /// <summary>Number of rows.</summary>
    public required long RowCount { get; init; }

    /// <summary>SHA-256 over schema and values, independent of how the rows are cut into batches; 64 lower-case hexadecimal digits.</summary>
    public required string ContentHash { get; init; }

    /// <summary>When the set was made, UTC; null when nobody has said.</summary>
    public DateTimeOffset? CreatedAt { get; init; }

    /// <summary>The join mode in files: a reader hands over null where it is absent.</summary>
    [JsonInclude]
    [JsonPropertyName("joinMode")]
    internal JoinMode? StoredJoinMode
    {
        get => JoinMode;
        init => JoinMode = value ?? JoinMode.EventTime;
    }

    [JsonInclude]
    [JsonPropertyOrder(-2)]
    internal string Format { get; init; } = FormatName;

    /// <summary>Writes the manifest as UTF-8 JSON, which <see cref="Parse"/> reads back. The same manifest gives the same bytes.</summary>
    /// <returns>The document.</returns>
    public byte[] ToJson() => TrainingSetManifestJson.Serialize(this);

    /// <summary>Reads a manifest.</summary>
    /// <param name="utf8Json">What <see cref="ToJson"/> wrote.</param>
    /// <returns>The manifest.</returns>
    /// <exception cref="CorruptFileException">It is no manifest of a training set, or is damaged.</exception>
    /// <exception cref="UnsupportedFormatVersionException">A newer version of the platform wrote it.</exception>
    public static TrainingSetManifest Parse(ReadOnlySpan<byte> utf8Json) => TrainingSetManifestJson.Deserialize(utf8Json, TrainingSetManifestJson.FileName);
}
