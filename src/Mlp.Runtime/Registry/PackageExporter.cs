using Microsoft.Win32.SafeHandles;
using Mlp.Runtime.Models;
using Mlp.Runtime.Models.Packages;
using Mlp.Runtime.Storage;

namespace Mlp.Runtime.Registry;

/// <summary>Writes a version as a model package. Thread-safe.</summary>
internal sealed class PackageExporter(RegistryPaths paths, IDiskSync disk)
{
    /// <summary>Writes the package. It appears under its name when it is complete and on the device.</summary>
    /// <param name="name">Model name.</param>
    /// <param name="version">A version that exists.</param>
    /// <param name="path">Path of the package.</param>
    /// <param name="includeGoldenRows">Whether the golden rows go with it.</param>
    /// <param name="overwrite">Whether it takes the place of a file of that name.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>SHA-256 of the package.</returns>
    /// <exception cref="CorruptFileException">A file of the version is missing or is not what was published.</exception>
    /// <exception cref="IOException">The package cannot be written, or the file exists; a <see cref="DirectoryNotFoundException"/> where its folder does not exist.</exception>
    public string Export(string name, int version, string path, bool includeGoldenRows, bool overwrite, CancellationToken cancellationToken)
    {
        var target = Path.GetFullPath(path);
        var folder = Path.GetDirectoryName(target);
        if (Directory.Exists(target))
        {
            throw new IOException($"Expected the name of a file to write the model package to, but '{target}' is a folder.");
        }

        if (folder is null || !Directory.Exists(folder))
        {
            throw new DirectoryNotFoundException($"Expected a folder '{folder}' to write the model package '{target}' to, but found none.");
        }

        if (!overwrite && Path.Exists(target))
        {
            throw Exists(target);
        }

        var temporary = DurableFile.TemporaryPath(folder);
        try
        {
            using (var handle = Create(temporary, target))
            {
                Write(new StoredZipWriter(handle), name, version, includeGoldenRows, cancellationToken);
            }

            string hash;
            using (var written = File.OpenRead(temporary))
            {
                hash = ContentHash.Of(written);
            }

            Publish(temporary, target, overwrite);
            return hash;
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    private static SafeFileHandle Create(string temporary, string target)
    {
        try
        {
            return File.OpenHandle(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.Read | FileShare.Delete);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"Expected to write the model package '{target}', but: {e.Message}", e);
        }
    }

    private void Publish(string temporary, string target, bool overwrite)
    {
        if (overwrite)
        {
            DurableFile.ReplaceBy(disk, temporary, target);
        }
        else if (!DurableFile.PublishFile(disk, temporary, target))
        {
            throw Exists(target);
        }
    }

    private static IOException Exists(string target)
        => new($"Expected '{target}' not to exist, but it does; nothing is overwritten unless '{nameof(IModelRegistry.ExportAsync)}' is called with overwrite: true.");

    /// <summary>Manifest and card go out as they were stored, also what this version of the platform does not know in them.</summary>
    private void Write(StoredZipWriter zip, string name, int version, bool includeGoldenRows, CancellationToken cancellationToken)
    {
        var json = File.ReadAllBytes(paths.Manifest(name, version));
        var manifest = ModelManifestJson.Deserialize(json, paths.Manifest(name, version));
        zip.Add(PackageFormat.TypeEntry, PackageFormat.Type(leavesOutGoldenRows: !includeGoldenRows && manifest.GoldenRowsSha256 is not null));
        zip.Add(PackageFormat.ManifestEntry, json);
        AddFile(zip, manifest, PackageFormat.OnnxEntry, paths.Blob(manifest.OnnxSha256), manifest.OnnxSha256, cancellationToken);
        foreach (var file in manifest.ExternalData)
        {
            AddFile(zip, manifest, PackageFormat.ExternalDataEntry(file.Path), paths.Blob(file.Sha256), file.Sha256, cancellationToken);
        }

        if (manifest.TrainingSetManifestSha256 is { } trainingSet)
        {
            AddFile(zip, manifest, PackageFormat.TrainingSetEntry, paths.Blob(trainingSet), trainingSet, cancellationToken);
        }

        if (manifest.ReferenceProfileSha256 is { } profile)
        {
            AddFile(zip, manifest, PackageFormat.ReferenceProfileEntry, paths.Blob(profile), profile, cancellationToken);
        }

        if (includeGoldenRows && manifest.GoldenRowsSha256 is { } golden)
        {
            AddFile(zip, manifest, PackageFormat.GoldenRowsEntry, paths.Blob(golden), golden, cancellationToken);
        }

        AddCard(zip, name, version);
        zip.Complete();
    }

    private void AddCard(StoredZipWriter zip, string name, int version)
    {
        var path = paths.Card(name, version);
        try
        {
            zip.Add(PackageFormat.CardEntry, File.ReadAllBytes(path));
        }
        catch (FileNotFoundException e)
        {
            throw new CorruptFileException(
                path, FormattableString.Invariant($"Expected the card of model '{name}' version {version} at '{path}', but found no file."), innerException: e);
        }
    }

    private static void AddFile(StoredZipWriter zip, ModelManifest manifest, string entry, string path, string sha256, CancellationToken cancellationToken)
    {
        var what = $"'{entry}' of {manifest.Where}";
        try
        {
            using var content = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, bufferSize: 0, FileOptions.SequentialScan);
            var found = zip.Add(entry, content, content.Length, cancellationToken);
            if (found != sha256)
            {
                throw new CorruptFileException(path, $"Expected {what} with SHA-256 {sha256} at '{path}', but found SHA-256 {found}.");
            }
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new CorruptFileException(path, $"Expected {what} at '{path}', but found no file.", innerException: e);
        }
    }
}
