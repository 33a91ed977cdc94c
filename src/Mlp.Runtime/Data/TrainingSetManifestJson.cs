using System.Text.Json;
using System.Text.Json.Serialization;
using Mlp.Runtime.Models;
using Mlp.Runtime.Storage;

namespace Mlp.Runtime.Data;

/// <summary>Manifests of training sets as JSON files.</summary>
internal static class TrainingSetManifestJson
{
    /// <summary>The name of the file where it has one.</summary>
    public const string FileName = "training-set.json";

    /// <summary>Writes a manifest.</summary>
    /// <param name="manifest">The manifest.</param>
    /// <returns>UTF-8 bytes.</returns>
    public static byte[] Serialize(TrainingSetManifest manifest)
        => JsonSerializer.SerializeToUtf8Bytes(
            manifest.Features.Any(f => f.IsVector) ? manifest with { FormatVersion = Math.Max(manifest.FormatVersion, VectorLength.FirstFormatVersion) } : manifest,
            TrainingSetManifestJsonContext.Default.TrainingSetManifest);

    /// <summary>Reads a manifest.</summary>
    /// <param name="json">UTF-8 bytes of the file.</param>
    /// <param name="path">Path of the file, for messages.</param>
    /// <exception cref="UnsupportedFormatVersionException">A newer version of the platform wrote the file.</exception>
    /// <exception cref="CorruptFileException">The file is not a manifest.</exception>
    public static TrainingSetManifest Deserialize(ReadOnlySpan<byte> json, string path)
    {
        var manifest = VersionedJson.Read(
            json, path, TrainingSetManifest.FormatName, TrainingSetManifest.CurrentFormatVersion, TrainingSetManifestJsonContext.Default.TrainingSetManifest);
        var problem = manifest.Features.Any(f => f is null) ? "features"
            : manifest.Keys.Any(k => k is null) ? "keys"
            : manifest.LabelColumns.Any(l => l is null) ? "labelColumns"
            : manifest.Commits.Any(c => c is null) ? "commits"
            : manifest.Spine is { } spine && spine.Columns.Any(c => c is null) ? "spine"
            : null;
        if (problem is not null)
        {
            throw new CorruptFileException(path, $"Expected no null within '{problem}' in '{path}', but found one.");
        }

        if (manifest.Features.FirstOrDefault(f => VectorLength.FindProblem(f.Type, f.Length) is not null) is { } feature)
        {
            throw new CorruptFileException(path, $"Expected feature '{feature.Name}' in '{path}' to have {VectorLength.FindProblem(feature.Type, feature.Length)}.");
        }

        if (!ContentHash.IsValid(manifest.ContentHash))
        {
            throw new CorruptFileException(path, $"Expected 'contentHash' to be 64 lower-case hexadecimal digits in '{path}', but found '{manifest.ContentHash}'.");
        }

        return manifest.RowCount >= 0
            ? manifest
            : throw new CorruptFileException(path, FormattableString.Invariant($"Expected a 'rowCount' of at least 0 in '{path}', but found {manifest.RowCount}."));
    }
}

/// <summary>How manifests of training sets are written as JSON.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters = [typeof(EnumTermConverter<FeatureType>), typeof(EnumTermConverter<EntityValueKind>), typeof(EnumTermConverter<JoinMode>)],
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    WriteIndented = true,
    NewLine = "\n")]
[JsonSerializable(typeof(TrainingSetManifest))]
internal sealed partial class TrainingSetManifestJsonContext : JsonSerializerContext;
