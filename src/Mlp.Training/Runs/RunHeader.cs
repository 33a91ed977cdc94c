using System.Text.Json;
using System.Text.Json.Serialization;
using Mlp.Runtime;
using Mlp.Runtime.Storage;

namespace Mlp.Training.Runs;

/// <summary>What is known of a run when it starts: the file <c>run.json</c>, which is never changed.</summary>
internal sealed record RunHeader
{
    /// <summary>The newest format version that is read.</summary>
    public const int CurrentFormatVersion = 1;

    private const string FormatName = "mlp-run";

    [JsonPropertyOrder(-2)]
    public string Format { get; init; } = FormatName;

    [JsonPropertyOrder(-1)]
    public int FormatVersion { get; init; } = VersionedJson.FirstVersion;

    public required string Id { get; init; }

    public required string Experiment { get; init; }

    public required string Name { get; init; }

    public required DateTimeOffset StartedAt { get; init; }

    public string? CodeVersion { get; init; }

    public required RunEnvironment Environment { get; init; }

    public string? TrainingSetHash { get; init; }

    public long? TrainingSetRowCount { get; init; }

    public string? ParentRunId { get; init; }

    public required IReadOnlyDictionary<string, string> Parameters { get; init; }

    public required IReadOnlyDictionary<string, string> Tags { get; init; }

    /// <summary>UTF-8 JSON with its checksum.</summary>
    public byte[] ToJson() => DocumentSeal.Add(JsonSerializer.SerializeToUtf8Bytes(this, RunJson.Default.RunHeader));

    /// <summary>Reads a description.</summary>
    /// <exception cref="CorruptFileException">The file is none, or is damaged.</exception>
    /// <exception cref="UnsupportedFormatVersionException">A newer version of the platform wrote it.</exception>
    public static RunHeader Read(string path) => VersionedJson.Read(File.ReadAllBytes(path), path, FormatName, CurrentFormatVersion, RunJson.Default.RunHeader);
}
