using System.Text.Json;
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
        CheckHash(manifest.OnnxSha256, "onnxSha256", path);
        if (manifest.ReferenceProfileSha256 is { } profile)
        {
            CheckHash(profile, "referenceProfileSha256", path);
        }

        return manifest;
    }

    private static void CheckHash(string hash, string property, string path)
    {
        if (!ContentHash.IsValid(hash))
        {
            throw new CorruptFileException(path, $"Expected '{property}' to be 64 lower-case hexadecimal digits in '{path}', but found '{hash}'.");
        }
    }
}
