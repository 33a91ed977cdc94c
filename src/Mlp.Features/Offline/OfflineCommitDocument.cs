using System.Text.Json;
using System.Text.Json.Serialization;
using Mlp.Features.Definitions;
using Mlp.Runtime;
using Mlp.Runtime.Storage;

namespace Mlp.Features.Offline;

/// <summary>The file of a commit.</summary>
internal sealed record OfflineCommitDocument
{
    internal const string FormatValue = "mlp-offline-commit";

    /// <summary>The newest format that is read. Version 2 has data files that no commit added: those that stand in the place of a replaced file of an earlier commit.</summary>
    internal const int CurrentFormatVersion = 2;

    public string Format { get; init; } = FormatValue;

    public int FormatVersion { get; init; } = VersionedJson.FirstVersion;

    public required string View { get; init; }

    public required int Version { get; init; }

    public required string Fingerprint { get; init; }

    public required OfflineCommit Commit { get; init; }

    internal static byte[] Write(FeatureViewDefinition view, OfflineCommit commit)
        => DocumentSeal.Add(JsonSerializer.SerializeToUtf8Bytes(
            new OfflineCommitDocument { FormatVersion = VersionOf(commit), View = view.Name, Version = view.Version, Fingerprint = view.Fingerprint, Commit = commit },
            OfflineCommitJson.Default.OfflineCommitDocument));

    internal static OfflineCommit Read(string path, FeatureViewDefinition view, long number)
    {
        var document = VersionedJson.Read(File.ReadAllBytes(path), path, FormatValue, CurrentFormatVersion, OfflineCommitJson.Default.OfflineCommitDocument);
        if (document.Commit.Added.Any(file => file is null) || document.Commit.Removed.Any(file => file is null) || document.Commit.Replaced.Any(file => file is null))
        {
            throw new CorruptFileException(path, $"Expected files in the commit of {view} in '{path}', but found null among them.");
        }

        if (document.Fingerprint != view.Fingerprint)
        {
            throw new CorruptFileException(
                path,
                $"Expected rows of {view} with fingerprint {view.Fingerprint[..8]} in '{path}', but they were written with fingerprint {document.Fingerprint[..Math.Min(8, document.Fingerprint.Length)]}.");
        }

        return document.Commit.Number == number
            ? document.Commit
            : throw new CorruptFileException(path, $"Expected commit {number} of {view} in '{path}', but found commit {document.Commit.Number}.");
    }

    private static int VersionOf(OfflineCommit commit)
        => commit.Replaced.Any(replaced => replaced.By is { } by && !commit.Added.Contains(by)) ? 2 : VersionedJson.FirstVersion;
}

[JsonSerializable(typeof(OfflineCommitDocument))]
[JsonSourceGenerationOptions(
    WriteIndented = true,
    NewLine = "\n",
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    Converters = [typeof(EnumTermConverter<OfflineCommitKind>)],
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
internal sealed partial class OfflineCommitJson : JsonSerializerContext;
