using Mlp.Runtime.Data;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Models;
using Mlp.Runtime.Models.Packages;
using Mlp.Runtime.Onnx;
using Mlp.Runtime.Storage;

namespace Mlp.Runtime.Registry;

/// <summary>Publishes versions: check everything, store the files, then let the manifest appear by one rename. Thread-safe.</summary>
internal sealed class VersionPublisher(RegistryPaths registryPaths, IDiskSync disk, BlobStore blobs, TimeProvider time)
{
    private readonly RegistryPaths _paths = registryPaths;

    /// <summary>Publishes a version. When this returns it is on the device; when it throws it is not visible.</summary>
    public ModelManifest Publish(string name, ModelPackage package, CancellationToken cancellationToken)
    {
        var signature = Check(name, package);
        var tensors = OnnxExternalDataReader.Read(name, package.Onnx.Span);
        if (tensors.Count == 0)
        {
            return Complete(name, package, signature, staging: null, origin: null, cancellationToken);
        }

        using var staging = Stage(name, package, tensors, cancellationToken);
        return Complete(name, package, signature, staging, origin: null, cancellationToken);
    }

    /// <summary>Publishes a version whose external data has been copied already.</summary>
    public ModelManifest Publish(string name, ModelPackage package, VersionStaging staging, ModelOrigin origin, CancellationToken cancellationToken)
    {
        var signature = Check(name, package);
        var tensors = OnnxExternalDataReader.Read(name, package.Onnx.Span);
        var locations = ExternalDataSource.Locations(name, tensors);
        if (!locations.SequenceEqual(staging.Files.Select(f => f.Path).Order(StringComparer.Ordinal)))
        {
            throw new InvalidModelException(
                name,
                $"Expected external data at {Text(locations)}, to which the ONNX file refers, but found it at {Text(staging.Files.Select(f => f.Path))} (model '{name}').");
        }

        ExternalDataSource.RequireWithin(name, tensors, staging.Files);
        return Complete(name, package, signature, staging, origin, cancellationToken);
    }

    private ModelSignature Check(string name, ModelPackage package)
    {
        var description = OnnxModelReader.Read(name, package.Onnx.Span, package.SourcePath);
        new ModelDescriptionCheck(name, package, description.Signature).Run();
        CheckParent(name, package);
        return description.Signature;
    }

    private VersionStaging Stage(string name, ModelPackage package, IReadOnlyList<OnnxExternalTensor> tensors, CancellationToken cancellationToken)
    {
        var locations = ExternalDataSource.Locations(name, tensors);
        var directory = package.ExternalDataDirectory ?? throw new InvalidModelException(
            name,
            $"Expected the folder of the model's external data, since tensor '{tensors[0].Name}' lies in another file, but found none (model '{name}'). "
            + $"Read the model by {nameof(ModelPackage)}.{nameof(ModelPackage.FromFile)}, or save it without external data.");
        string[] paths = [.. locations.Select(l => ExternalDataSource.Find(name, directory, l))];
        RequireWithin(name, tensors, locations, paths);
        var staging = new VersionStaging(_paths, disk);
        try
        {
            foreach (var (location, path) in locations.Zip(paths))
            {
                using var content = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0, FileOptions.SequentialScan);
                staging.Add(location, content, cancellationToken);
            }

            // What was measured before may have changed while it was copied.
            ExternalDataSource.RequireWithin(name, tensors, staging.Files);
            return staging;
        }
        catch
        {
            staging.Dispose();
            throw;
        }
    }

    private static void RequireWithin(string name, IReadOnlyList<OnnxExternalTensor> tensors, IReadOnlyList<string> locations, string[] paths)
        => ExternalDataSource.RequireWithin(
            name, tensors, [.. locations.Zip(paths, (l, p) => new ExternalDataFile(l, new FileInfo(p).Length, string.Empty))]);

    private ModelManifest Complete(
        string name, ModelPackage package, ModelSignature signature, VersionStaging? staging, ModelOrigin? origin, CancellationToken cancellationToken)
    {
        var golden = package.GoldenRows is { } rows ? GoldenRowsFile.Write(rows) : null;
        var trainingSet = package.TrainingSetManifest.IsEmpty ? null : TrainingSetManifest.Parse(package.TrainingSetManifest.Span);
        var manifest = new ModelManifest
        {
            FormatVersion = package.Features?.Any(f => f.IsVector) == true ? VectorLength.FirstFormatVersion : VersionedJson.FirstVersion,
            Name = name,
            Version = 0, // It gets its number when it is claimed; a candidate that is refused has none.
            CreatedAt = time.GetUtcNow(),
            OnnxSha256 = ContentHash.Of(package.Onnx.Span),
            OnnxByteCount = package.Onnx.Length,
            ExternalData = [.. (staging?.Files ?? []).OrderBy(f => f.Path, StringComparer.Ordinal)],
            Signature = signature,
            Output = package.Output,
            FeatureService = package.FeatureService,
            Features = package.Features,
            Metrics = package.Metrics,
            TrainingSetHash = package.TrainingSetHash ?? trainingSet?.ContentHash,
            TrainingSetManifestSha256 = trainingSet is null ? null : ContentHash.Of(package.TrainingSetManifest.Span),
            ReferenceProfileSha256 = package.ReferenceProfile.IsEmpty ? null : ContentHash.Of(package.ReferenceProfile.Span),
            GoldenRowsSha256 = golden is null ? null : ContentHash.Of(golden),
            ExportProof = package.ExportProof,
            ParentVersion = package.ParentVersion,
            RunId = package.RunId,
            Origin = origin,
            Description = package.Description,
            Tags = package.Tags,
            Unknown = package.Unknown,
        };
        Try(manifest, package, staging);
        cancellationToken.ThrowIfCancellationRequested();
        staging?.Store(blobs);
        blobs.Write(package.Onnx.Span);
        if (trainingSet is not null)
        {
            blobs.Write(package.TrainingSetManifest.Span);
        }

        if (!package.ReferenceProfile.IsEmpty)
        {
            blobs.Write(package.ReferenceProfile.Span);
        }

        if (golden is not null)
        {
            blobs.Write(golden);
        }

        return Claim(manifest, trainingSet, staging, cancellationToken);
    }

    /// <summary>Proves that the model can be loaded to serve, and that it answers its golden rows.</summary>
    private void Try(ModelManifest manifest, ModelPackage package, VersionStaging? staging)
    {
        var externalData = manifest.ExternalData.Count > 0 ? staging!.ExternalData : null;
        if (manifest.Output.Task == ModelTask.Tensors)
        {
            OnnxSessionCheck.Run(manifest.Name, package.Onnx, externalData);
        }
        else
        {
            ModelTrial.Run(manifest, new OnnxFiles(package.Onnx, externalData, WeightStorage.Resident, 0), package.GoldenRows, time);
        }
    }

    private static string Text(IEnumerable<string> locations)
    {
        var text = string.Join(", ", locations.Select(l => $"'{l}'"));
        return text.Length == 0 ? "no path" : text;
    }

    /// <summary>The versions of a model, ascending.</summary>
    public IReadOnlyList<int> ListVersions(string name)
    {
        try
        {
            return [.. Directory.EnumerateDirectories(_paths.Versions(name)).Select(RegistryPaths.ParseVersion).Where(v => v > 0).Order()];
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }
    }

    private int LastVersion(string name) => ListVersions(name) is [.., var last] ? last : 0;

    private void CheckParent(string name, ModelPackage package)
    {
        if (package.ParentVersion is { } parent && !File.Exists(_paths.Manifest(name, parent)))
        {
            throw new InvalidModelException(
                name, FormattableString.Invariant($"Expected the parent version {parent} to be published, but found no such version (model '{name}')."));
        }
    }

    /// <summary>Takes the next free number: whoever renames first has it, and everybody else tries the one after.</summary>
    private ModelManifest Claim(ModelManifest manifest, TrainingSetManifest? trainingSet, VersionStaging? staging, CancellationToken cancellationToken)
    {
        var versions = _paths.Versions(manifest.Name);
        DurableFile.CreateDirectories(disk, versions);
        var staged = staging?.Folder ?? DurableFile.TemporaryPath(versions);
        Directory.CreateDirectory(staged);
        try
        {
            for (var number = LastVersion(manifest.Name) + 1; ; number++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var numbered = manifest with { Version = number };
                var json = ModelManifestJson.Serialize(numbered);
                File.WriteAllBytes(Path.Combine(staged, RegistryPaths.ManifestName), json);
                File.WriteAllText(Path.Combine(staged, RegistryPaths.CardName), ModelCard.Render(numbered, trainingSet));
                if (TryPublish(staged, _paths.Version(manifest.Name, number)))
                {
                    // Read back, so that the caller holds what every reader will see, and nothing that the package's owner can still change.
                    return ModelManifestJson.Deserialize(json, _paths.Manifest(manifest.Name, number));
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
