using Mlp.Runtime.Data;
using Mlp.Runtime.Models;
using Mlp.Runtime.Models.Packages;

namespace Mlp.Runtime.Registry;

/// <summary>What a model package holds, with every hash that it says compared with what is there. Its external data goes where the reader says. Immutable.</summary>
internal sealed record PackageContents
{
    /// <summary>The manifest.</summary>
    public required ModelManifest Manifest { get; init; }

    /// <summary>The ONNX file.</summary>
    public required byte[] Onnx { get; init; }

    /// <summary>The manifest of the training set; null when there is none.</summary>
    public required byte[]? TrainingSet { get; init; }

    /// <summary>The reference profile; null when there is none.</summary>
    public required byte[]? ReferenceProfile { get; init; }

    /// <summary>The golden rows; null when there are none, or they were left out.</summary>
    public required GoldenRows? GoldenRows { get; init; }

    /// <summary>SHA-256 of the package.</summary>
    public required string Sha256 { get; init; }

    /// <summary>Reads a package from its first byte to its last.</summary>
    /// <param name="path">Full path of the package.</param>
    /// <param name="addExternalData">Takes the content of a file of external data, and says its SHA-256.</param>
    /// <exception cref="FileNotFoundException">There is no file.</exception>
    /// <exception cref="CorruptFileException">It is no model package, or a damaged one.</exception>
    /// <exception cref="UnsupportedFormatVersionException">A newer version of the platform wrote it.</exception>
    public static PackageContents Read(string path, Func<ExternalDataFile, Stream, string> addExternalData)
    {
        if (!File.Exists(path))
        {
            throw new FileNotFoundException($"Expected a model package at '{path}', but found {(Directory.Exists(path) ? "a folder" : "none")}.", path);
        }

        using var zip = new StoredZipReader(path);
        var leavesOutGoldenRows = PackageFormat.ReadType(zip.Read(PackageFormat.TypeEntry, PackageFormat.MaximumDocumentLength), path);
        var manifest = ModelManifestJson.Deserialize(zip.Read(PackageFormat.ManifestEntry, PackageFormat.MaximumDocumentLength), path);
        RequireIdentity(manifest, path);
        var onnx = Require(zip.Read(PackageFormat.OnnxEntry, Array.MaxLength), manifest.OnnxSha256, PackageFormat.OnnxEntry, path);
        foreach (var file in manifest.ExternalData)
        {
            var entry = PackageFormat.ExternalDataEntry(file.Path);
            zip.Read(entry, long.MaxValue, (content, _) => RequireHash(addExternalData(file, content), file.Sha256, entry, path));
        }

        var trainingSet = ReadDocument(zip, manifest.TrainingSetManifestSha256, PackageFormat.TrainingSetEntry, path);
        var profile = ReadDocument(zip, manifest.ReferenceProfileSha256, PackageFormat.ReferenceProfileEntry, path);
        var golden = ReadDocument(zip, leavesOutGoldenRows ? null : manifest.GoldenRowsSha256, PackageFormat.GoldenRowsEntry, path);
        zip.Read(PackageFormat.CardEntry, PackageFormat.MaximumDocumentLength);
        return new PackageContents
        {
            Manifest = manifest,
            Onnx = onnx,
            TrainingSet = trainingSet,
            ReferenceProfile = profile,
            Sha256 = zip.Complete(),
            GoldenRows = golden is null ? null : GoldenRowsFile.Read(golden, path),
        };
    }

    private static void RequireIdentity(ModelManifest manifest, string path)
    {
        if (PlatformName.FindProblem(manifest.Name, "model") is { } problem)
        {
            throw new CorruptFileException(path, $"{problem.TrimEnd('.')} in the manifest of '{path}'.");
        }

        if (manifest.Version < 1)
        {
            throw new CorruptFileException(path, FormattableString.Invariant($"Expected a version of at least 1 in the manifest of '{path}', but found {manifest.Version}."));
        }
    }

    private static byte[]? ReadDocument(StoredZipReader zip, string? sha256, string entry, string path)
        => sha256 is null ? null : Require(zip.Read(entry, PackageFormat.MaximumDocumentLength), sha256, entry, path);

    private static byte[] Require(byte[] content, string sha256, string entry, string path)
    {
        RequireHash(ContentHash.Of(content), sha256, entry, path);
        return content;
    }

    private static void RequireHash(string found, string expected, string entry, string path)
    {
        if (found != expected)
        {
            throw new CorruptFileException(path, $"Expected '{entry}' with SHA-256 {expected}, as the manifest of '{path}' says, but found SHA-256 {found}.");
        }
    }
}
