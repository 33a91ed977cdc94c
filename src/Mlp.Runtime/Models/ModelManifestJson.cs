using System.Text.Json;
using Mlp.Runtime.Data;
using Mlp.Runtime.Models.Packages;
using Mlp.Runtime.Storage;

namespace Mlp.Runtime.Models;

/// <summary>Manifests as JSON files.</summary>
internal static class ModelManifestJson
{
    /// <summary>Writes a manifest.</summary>
    /// <param name="manifest">The manifest.</param>
    /// <returns>UTF-8 bytes.</returns>
    public static byte[] Serialize(ModelManifest manifest)
        => JsonSerializer.SerializeToUtf8Bytes(manifest, ModelManifestJsonContext.Default.ModelManifest);

    /// <summary>Reads a manifest.</summary>
    /// <param name="json">UTF-8 bytes of the file.</param>
    /// <param name="path">Path of the file, for messages.</param>
    /// <exception cref="UnsupportedFormatVersionException">A newer version of the platform wrote the file.</exception>
    /// <exception cref="CorruptFileException">The file is not a manifest.</exception>
    public static ModelManifest Deserialize(ReadOnlySpan<byte> json, string path)
    {
        var manifest = VersionedJson.Read(json, path, ModelManifest.FormatName, ModelManifest.CurrentFormatVersion, ModelManifestJsonContext.Default.ModelManifest);
        CheckElements(manifest, path);
        CheckHash(manifest.OnnxSha256, "onnxSha256", path);
        if (manifest.TrainingSetManifestSha256 is { } trainingSet)
        {
            CheckHash(trainingSet, "trainingSetManifestSha256", path);
        }

        if (manifest.ReferenceProfileSha256 is { } profile)
        {
            CheckHash(profile, "referenceProfileSha256", path);
        }

        if (manifest.GoldenRowsSha256 is { } golden)
        {
            CheckHash(golden, "goldenRowsSha256", path);
        }

        CheckExternalData(manifest.ExternalData, path);
        return manifest;
    }

    /// <summary>What the reader lets through: nulls within lists.</summary>
    private static void CheckElements(ModelManifest manifest, string path)
    {
        IEnumerable<TensorSpecification> tensors = manifest.Signature.Inputs.Concat(manifest.Signature.Outputs);
        var problem = tensors.Any(t => t is null) ? "signature"
            : manifest.Features?.Any(f => f is null) == true ? "features"
            : manifest.Output.ClassNames.Any(c => c is null) ? "output"
            : manifest.Tags.Values.Any(v => v is null) ? "tags"
            : manifest.ExportProof?.Precision?.Metrics.Any(m => m is null) == true ? "exportProof"
            : null;
        if (problem is null && manifest.Features?.FirstOrDefault(f => VectorLength.FindProblem(f.Type, f.Length) is not null) is { } feature)
        {
            throw new CorruptFileException(path, $"Expected feature '{feature.Name}' in '{path}' to have {VectorLength.FindProblem(feature.Type, feature.Length)}.");
        }

        if (problem is not null)
        {
            throw new CorruptFileException(path, $"Expected no null within '{problem}' in '{path}', but found one.");
        }
    }

    /// <summary>The paths become paths of files.</summary>
    private static void CheckExternalData(IReadOnlyList<ExternalDataFile> files, string path)
    {
        if (files.Any(f => f is null))
        {
            throw new CorruptFileException(path, $"Expected an object for each file in 'externalData' in '{path}', but found null.");
        }

        foreach (var file in files)
        {
            CheckHash(file.Sha256, "externalData.sha256", path);
            if (ExternalDataLocation.FindProblem(file.Path) is { } problem)
            {
                throw new CorruptFileException(path, $"Expected 'externalData' at paths within the model's folder in '{path}', but {problem}.");
            }
        }

        if (ExternalDataLocation.FindConflict(files.Select(f => f.Path)) is { } conflict)
        {
            throw new CorruptFileException(path, $"Expected each file of 'externalData' to have a path of its own in '{path}', but {conflict}.");
        }
    }

    private static void CheckHash(string hash, string property, string path)
    {
        if (!ContentHash.IsValid(hash))
        {
            throw new CorruptFileException(path, $"Expected '{property}' to be 64 lower-case hexadecimal digits in '{path}', but found '{hash}'.");
        }
    }
}
