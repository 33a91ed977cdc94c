using Mlp.Runtime.Data;
using Mlp.Runtime.Models;
using Mlp.Runtime.Models.Packages;
using Mlp.Runtime.Storage;

namespace Mlp.Runtime.Registry;

/// <summary>
/// Publishes what a model package holds. Nothing that the package says is believed: names are compared with those that must come, sizes with what is there, content with its hash,
/// and the model goes through every check of a publication. Thread-safe.
/// </summary>
internal sealed class PackageImporter(RegistryPaths paths, IDiskSync disk, VersionPublisher publisher)
{
    /// <summary>Publishes a package as a new version. When this throws nothing of it is visible.</summary>
    /// <param name="path">Path of the package.</param>
    /// <param name="name">Name of the model; null for the one in the package.</param>
    /// <param name="cancellationToken">Gives up before the version becomes visible.</param>
    /// <exception cref="FileNotFoundException">There is no file.</exception>
    /// <exception cref="CorruptFileException">It is no model package, or a damaged one.</exception>
    /// <exception cref="UnsupportedFormatVersionException">A newer version of the platform wrote it.</exception>
    /// <exception cref="InvalidModelException">The model in it cannot be published.</exception>
    public ModelManifest Import(string path, string? name, CancellationToken cancellationToken)
    {
        var full = Path.GetFullPath(path);
        if (!File.Exists(full))
        {
            throw new FileNotFoundException($"Expected a model package at '{full}', but found {(Directory.Exists(full) ? "a folder" : "none")}.", full);
        }

        using var zip = new StoredZipReader(full);
        var leavesOutGoldenRows = PackageFormat.ReadType(zip.Read(PackageFormat.TypeEntry, PackageFormat.MaximumDocumentLength), full);
        var manifest = ModelManifestJson.Deserialize(zip.Read(PackageFormat.ManifestEntry, PackageFormat.MaximumDocumentLength), full);
        RequireIdentity(manifest, full);
        using var staging = new VersionStaging(paths, disk);
        var onnx = Require(zip.Read(PackageFormat.OnnxEntry, Array.MaxLength), manifest.OnnxSha256, PackageFormat.OnnxEntry, full);
        foreach (var file in manifest.ExternalData)
        {
            ReadExternalData(zip, file, staging, full, cancellationToken);
        }

        var trainingSet = ReadDocument(zip, manifest.TrainingSetManifestSha256, PackageFormat.TrainingSetEntry, full);
        var profile = ReadDocument(zip, manifest.ReferenceProfileSha256, PackageFormat.ReferenceProfileEntry, full);
        var golden = ReadDocument(zip, leavesOutGoldenRows ? null : manifest.GoldenRowsSha256, PackageFormat.GoldenRowsEntry, full);
        zip.Read(PackageFormat.CardEntry, PackageFormat.MaximumDocumentLength);
        var origin = new ModelOrigin(manifest.Name, manifest.Version, manifest.CreatedAt, zip.Complete()) { ParentVersion = manifest.ParentVersion };
        var package = new ModelPackage
        {
            Onnx = onnx,
            Output = manifest.Output,
            FeatureService = manifest.FeatureService,
            Features = manifest.Features,
            Metrics = manifest.Metrics,
            TrainingSetHash = manifest.TrainingSetHash,
            TrainingSetManifest = trainingSet,
            ReferenceProfile = profile,
            GoldenRows = golden is null ? null : GoldenRowsFile.Read(golden, full),
            ExportProof = manifest.ExportProof,
            RunId = manifest.RunId,
            Description = manifest.Description,
            Tags = manifest.Tags,
            Unknown = manifest.Unknown,
        };
        try
        {
            return publisher.Publish(name ?? manifest.Name, package, staging, origin, cancellationToken);
        }
        catch (InvalidModelException e)
        {
            throw new InvalidModelException(e.Model, $"Expected a model in the package '{full}' that can be published, but: {e.Message}", e);
        }
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

    private static void ReadExternalData(StoredZipReader zip, ExternalDataFile file, VersionStaging staging, string path, CancellationToken cancellationToken)
    {
        var entry = PackageFormat.ExternalDataEntry(file.Path);
        ExternalDataFile? found = null;
        zip.Read(entry, long.MaxValue, (content, _) => found = staging.Add(file.Path, content, cancellationToken));
        RequireHash(found!.Sha256, file.Sha256, entry, path);
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
