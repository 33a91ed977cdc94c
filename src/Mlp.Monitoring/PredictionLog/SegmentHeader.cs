using System.Text.Json;
using Mlp.Monitoring.Redaction;
using Mlp.Monitoring.Segments;
using Mlp.Runtime;
using Mlp.Runtime.Data;
using Mlp.Runtime.Models;
using Mlp.Runtime.Predictions;
using Mlp.Runtime.Storage;

namespace Mlp.Monitoring.PredictionLog;

/// <summary>What stands at the start of a segment of a prediction log. The first frame behind it is the Arrow schema message, each further one a record batch message.</summary>
internal sealed record SegmentHeader
{
    /// <summary>The newest format that is read. Written is 1, or 2 where a feature is a vector: a column of fixed-size lists.</summary>
    public const int CurrentFormatVersion = VectorLength.FirstFormatVersion;

    /// <summary>What the log holds.</summary>
    public const string FormatName = PredictionColumns.FormatName;

    /// <summary>What the log holds.</summary>
    public string Format { get; } = FormatName;

    /// <summary>Version of the format.</summary>
    public int FormatVersion { get; init; } = VersionedJson.FirstVersion;

    /// <summary>Model name.</summary>
    public required string Model { get; init; }

    /// <summary>Model version.</summary>
    public required int Version { get; init; }

    /// <summary>The feature service that was read from, with the fingerprint of its definition.</summary>
    public FeatureServiceReference? FeatureService { get; init; }

    /// <summary>The parts of the entity key, in order.</summary>
    public required IReadOnlyList<KeyColumn> Keys { get; init; }

    /// <summary>The features, in order.</summary>
    public required IReadOnlyList<FeatureColumn> Features { get; init; }

    /// <summary>What the outputs mean.</summary>
    public required ModelOutput Output { get; init; }

    /// <summary>When the segment was begun, UTC.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>How features and parts of the key are redacted, by name (<see cref="PredictionColumns.RedactionKey"/>); null where none is.</summary>
    public IReadOnlyDictionary<string, string>? Redaction { get; init; }

    /// <summary>How tags are redacted, by name, <see cref="RedactionOptions.AllTags"/> for those that are not named; null where none is.</summary>
    public IReadOnlyDictionary<string, string>? TagRedaction { get; init; }

    /// <summary>Describes a model version.</summary>
    public static SegmentHeader For(ServedModel model, DateTimeOffset createdAt, RedactionConfiguration? redaction = null) => new()
    {
        FormatVersion = FormatVersionOf(model.Layout),
        Model = model.Manifest.Name,
        Version = model.Manifest.Version,
        FeatureService = model.Service,
        Keys = model.Keys,
        Features = model.Layout.Columns,
        Output = model.Manifest.Output,
        CreatedAt = createdAt,
        Redaction = RedactionOf(model, redaction),
        TagRedaction = redaction is { Tags.Count: > 0 } ? redaction.Tags.ToDictionary(tag => tag.Key, tag => tag.Value.Describe(redaction.Key)) : null,
    };

    /// <summary>The lowest format version that can hold these features.</summary>
    public static int FormatVersionOf(FeatureRowLayout layout) => layout.HasVectors ? VectorLength.FirstFormatVersion : VersionedJson.FirstVersion;

    private static Dictionary<string, string>? RedactionOf(ServedModel model, RedactionConfiguration? redaction)
    {
        var names = model.Layout.Columns.Select(c => c.Name).Concat(model.Keys.Select(k => k.Name)).Distinct(StringComparer.Ordinal).Where(n => redaction?.Columns.ContainsKey(n) == true);
        return names.ToDictionary(n => n, n => redaction!.Columns[n].Describe(redaction.Key)) is { Count: > 0 } said ? said : null;
    }

    /// <summary>UTF-8 JSON.</summary>
    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, SegmentHeaderJson.Default.SegmentHeader);

    /// <summary>Reads and checks the header of an open segment.</summary>
    /// <exception cref="CorruptFileException">The header is not that of a prediction log.</exception>
    /// <exception cref="UnsupportedFormatVersionException">A newer version of the platform wrote it.</exception>
    public static SegmentHeader Read(FrameLogReader reader)
        => Parse(reader.Header.Span, reader.Path);

    /// <summary>Reads and checks a header.</summary>
    /// <param name="json">UTF-8 JSON.</param>
    /// <param name="path">The file that it comes from, for messages.</param>
    /// <exception cref="CorruptFileException">The header is not that of a prediction log.</exception>
    /// <exception cref="UnsupportedFormatVersionException">A newer version of the platform wrote it.</exception>
    public static SegmentHeader Parse(ReadOnlySpan<byte> json, string path) => VersionedJson.Read(json, path, FormatName, CurrentFormatVersion, SegmentHeaderJson.Default.SegmentHeader);
}
