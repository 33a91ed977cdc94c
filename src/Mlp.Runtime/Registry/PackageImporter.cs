using Mlp.Runtime.Models;
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
        using var staging = new VersionStaging(paths, disk);
        var contents = PackageContents.Read(full, (file, content) => staging.Add(file.Path, content, cancellationToken).Sha256);
        var manifest = contents.Manifest;
        var origin = new ModelOrigin(manifest.Name, manifest.Version, manifest.CreatedAt, contents.Sha256) { ParentVersion = manifest.ParentVersion };
        var package = new ModelPackage
        {
            Onnx = contents.Onnx,
            Output = manifest.Output,
            FeatureService = manifest.FeatureService,
            Features = manifest.Features,
            Metrics = manifest.Metrics,
            TrainingSetHash = manifest.TrainingSetHash,
            TrainingSetManifest = contents.TrainingSet,
            ReferenceProfile = contents.ReferenceProfile,
            GoldenRows = contents.GoldenRows,
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
}
