using System.Text;
using Mlp.Runtime.Data;
using Mlp.Runtime.Models;
using Mlp.Runtime.Models.Packages;
using Mlp.Runtime.Storage;

namespace Mlp.Runtime.Registry;

/// <summary>Writes a version as a model package. Thread-safe.</summary>
internal sealed class PackageExporter(RegistryPaths paths, IDiskSync disk)
{
    /// <summary>Writes the package. It appears under its name when it is complete and on the device, in place of what was there.</summary>
    /// <param name="manifest">The version.</param>
    /// <param name="path">Path of the package.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>SHA-256 of the package.</returns>
    /// <exception cref="CorruptFileException">A file of the version is missing or is not what was published.</exception>
    /// <exception cref="IOException">The package cannot be written; a <see cref="DirectoryNotFoundException"/> where its folder does not exist.</exception>
    public string Export(ModelManifest manifest, string path, CancellationToken cancellationToken)
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

        var temporary = DurableFile.TemporaryPath(folder);
        try
        {
            using (var handle = File.OpenHandle(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.Read | FileShare.Delete))
            {
                Write(new StoredZipWriter(handle), manifest, cancellationToken);
            }

            string hash;
            using (var written = File.OpenRead(temporary))
            {
                hash = ContentHash.Of(written);
            }

            DurableFile.ReplaceBy(disk, temporary, target);
            return hash;
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    private void Write(StoredZipWriter zip, ModelManifest manifest, CancellationToken cancellationToken)
    {
        zip.Add(PackageFormat.TypeEntry, PackageFormat.Type());
        zip.Add(PackageFormat.ManifestEntry, ModelManifestJson.Serialize(manifest));
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

        if (manifest.GoldenRowsSha256 is { } golden)
        {
            AddFile(zip, manifest, PackageFormat.GoldenRowsEntry, paths.Blob(golden), golden, cancellationToken);
        }

        zip.Add(PackageFormat.CardEntry, Encoding.UTF8.GetBytes(ModelCard.Render(manifest, ReadTrainingSet(manifest))));
        zip.Complete();
    }

    private TrainingSetManifest? ReadTrainingSet(ModelManifest manifest)
        => manifest.TrainingSetManifestSha256 is { } hash ? TrainingSetManifestJson.Deserialize(File.ReadAllBytes(paths.Blob(hash)), paths.Blob(hash)) : null;

    private static void AddFile(StoredZipWriter zip, ModelManifest manifest, string entry, string path, string sha256, CancellationToken cancellationToken)
    {
        var what = FormattableString.Invariant($"'{entry}' of model '{manifest.Name}' version {manifest.Version}");
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
