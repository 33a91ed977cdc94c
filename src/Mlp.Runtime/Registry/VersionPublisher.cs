using Mlp.Runtime.Models;
using Mlp.Runtime.Onnx;
using Mlp.Runtime.Storage;

namespace Mlp.Runtime.Registry;

/// <summary>Publishes versions: check everything, store the files, then let the manifest appear by one rename. Thread-safe.</summary>
internal sealed class VersionPublisher(RegistryPaths paths, IDiskSync disk, BlobStore blobs, TimeProvider time)
{
    /// <summary>Publishes a version. When this returns it is on the device; when it throws it is not visible.</summary>
    public ModelManifest Publish(string name, ModelPackage package, CancellationToken cancellationToken)
    {
        var description = OnnxModelReader.Read(name, package.Onnx.Span);
        new ModelDescriptionCheck(name, package, description.Signature).Run();
        CheckParent(name, package);
        OnnxSessionCheck.Run(name, package.Onnx);
        cancellationToken.ThrowIfCancellationRequested();

        var manifest = new ModelManifest
        {
            Name = name,
            Version = 0,
            CreatedAt = time.GetUtcNow(),
            OnnxSha256 = blobs.Write(package.Onnx.Span),
            OnnxByteCount = package.Onnx.Length,
            Signature = description.Signature,
            Output = package.Output,
            FeatureService = package.FeatureService,
            Features = package.Features,
            Metrics = package.Metrics,
            TrainingSetHash = package.TrainingSetHash,
            ReferenceProfileSha256 = package.ReferenceProfile.IsEmpty ? null : blobs.Write(package.ReferenceProfile.Span),
            ExportProof = package.ExportProof,
            ParentVersion = package.ParentVersion,
            Description = package.Description,
            Tags = package.Tags,
        };
        return Claim(manifest, cancellationToken);
    }

    /// <summary>The versions of a model, ascending.</summary>
    public IReadOnlyList<int> ListVersions(string name)
    {
        try
        {
            return [.. Directory.EnumerateDirectories(paths.Versions(name)).Select(RegistryPaths.ParseVersion).Where(v => v > 0).Order()];
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }
    }

    private int LastVersion(string name) => ListVersions(name) is [.., var last] ? last : 0;

    private void CheckParent(string name, ModelPackage package)
    {
        if (package.ParentVersion is { } parent && !File.Exists(paths.Manifest(name, parent)))
        {
            throw new InvalidModelException(
                name, FormattableString.Invariant($"Expected the parent version {parent} to be published, but found no such version (model '{name}')."));
        }
    }

    /// <summary>Takes the next free number: whoever renames first has it, and everybody else tries the one after.</summary>
    private ModelManifest Claim(ModelManifest manifest, CancellationToken cancellationToken)
    {
        var versions = paths.Versions(manifest.Name);
        DurableFile.CreateDirectories(disk, versions);
        var staged = DurableFile.TemporaryPath(versions);
        Directory.CreateDirectory(staged);
        try
        {
            for (var number = LastVersion(manifest.Name) + 1; ; number++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var json = ModelManifestJson.Serialize(manifest with { Version = number });
                File.WriteAllBytes(Path.Combine(staged, RegistryPaths.ManifestName), json);
                if (TryPublish(staged, paths.Version(manifest.Name, number)))
                {
                    // Read back, so that the caller holds what every reader will see, and nothing that the package's owner can still change.
                    return ModelManifestJson.Deserialize(json, paths.Manifest(manifest.Name, number));
                }
            }
        }
        finally
        {
            if (Directory.Exists(staged))
            {
                Directory.Delete(staged, recursive: true);
            }
        }
    }

    private bool TryPublish(string staged, string target)
    {
        try
        {
            return DurableFile.PublishDirectory(disk, staged, target);
        }
        catch (IOException) when (!Directory.Exists(staged) && Directory.Exists(target))
        {
            // It got its name, and then the device refused to keep it: a failed publication must not be seen.
            Directory.Move(target, staged);
            throw;
        }
    }
}
