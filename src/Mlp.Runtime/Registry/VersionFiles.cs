using Mlp.Runtime.Data;
using Mlp.Runtime.Models;
using Mlp.Runtime.Models.Packages;

namespace Mlp.Runtime.Registry;

/// <summary>Reads the files that the manifest of a version names, each checked against its SHA-256. Thread-safe.</summary>
/// <param name="paths">Where the registry keeps what.</param>
/// <param name="blobs">The files by their hash.</param>
internal sealed class VersionFiles(RegistryPaths paths, BlobStore blobs)
{
    private const string OnnxFile = "ONNX file";

    private readonly MappedWeightStore _mappedWeights = new(paths);

    /// <summary>Reads a file.</summary>
    /// <param name="manifest">The version.</param>
    /// <param name="hash">SHA-256 of the file.</param>
    /// <param name="what">What it is, for messages.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ArgumentException">The hash is none.</exception>
    /// <exception cref="CorruptFileException">The file is absent or damaged.</exception>
    public Task<byte[]> ReadAsync(ModelManifest manifest, string hash, string what, CancellationToken cancellationToken)
    {
        RequireHash(hash, what);
        return blobs.ReadAsync(hash, What(manifest, what), cancellationToken);
    }

    /// <summary>Reads the ONNX file.</summary>
    /// <inheritdoc cref="ReadAsync" path="/exception"/>
    public Task<byte[]> ReadOnnxAsync(ModelManifest manifest, CancellationToken cancellationToken) => ReadAsync(manifest, manifest.OnnxSha256, OnnxFile, cancellationToken);

    /// <summary>Opens the ONNX file with its weights.</summary>
    /// <param name="manifest">The version.</param>
    /// <param name="weights">Where the weights shall lie; not automatic.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ArgumentException">The manifest is none that this registry wrote.</exception>
    /// <exception cref="CorruptFileException">A file is absent or damaged.</exception>
    /// <exception cref="IOException">The weights of a one-file model cannot be written in the form that is mapped.</exception>
    public async Task<OnnxFiles> OpenOnnxAsync(ModelManifest manifest, WeightStorage weights, CancellationToken cancellationToken)
    {
        if (manifest.ExternalData.Count > 0)
        {
            var directory = await CheckExternalDataAsync(manifest, cancellationToken).ConfigureAwait(false);
            var onnx = await ReadOnnxAsync(manifest, cancellationToken).ConfigureAwait(false);
            return new OnnxFiles(onnx, directory, weights, weights == WeightStorage.Mapped ? manifest.ExternalData.Sum(f => f.ByteCount) : 0);
        }

        if (weights == WeightStorage.Mapped)
        {
            RequireHash(manifest.OnnxSha256, OnnxFile);
            return await Task.Run(
                () => _mappedWeights.Open(blobs.PathOf(manifest.OnnxSha256), manifest.OnnxSha256, What(manifest, OnnxFile)), cancellationToken).ConfigureAwait(false);
        }

        return new OnnxFiles(await ReadOnnxAsync(manifest, cancellationToken).ConfigureAwait(false), null, WeightStorage.Resident, 0);
    }

    private async Task<string> CheckExternalDataAsync(ModelManifest manifest, CancellationToken cancellationToken)
    {
        PlatformName.Require(manifest.Name, "model", nameof(manifest));
        var directory = paths.ExternalData(manifest.Name, manifest.Version);
        foreach (var file in manifest.ExternalData)
        {
            if (ExternalDataLocation.FindProblem(file.Path) is { } problem)
            {
                throw new ArgumentException($"Expected external data at a path within the model's folder, but {problem}.", nameof(manifest));
            }

            await CheckAsync(manifest, file, Path.Combine([directory, .. file.Path.Split('/')]), cancellationToken).ConfigureAwait(false);
        }

        return directory;
    }

    private static async Task CheckAsync(ModelManifest manifest, ExternalDataFile file, string path, CancellationToken cancellationToken)
    {
        var what = What(manifest, $"external data '{file.Path}'");
        string found;
        try
        {
            found = await ContentHash.OfFileAsync(path, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new CorruptFileException(path, $"Expected {what} at '{path}', but found no file.", innerException: e);
        }

        if (found != file.Sha256)
        {
            throw new CorruptFileException(
                path, FormattableString.Invariant($"Expected {what} with SHA-256 {file.Sha256} at '{path}', but found {new FileInfo(path).Length} bytes with SHA-256 {found}."));
        }
    }

    private static string What(ModelManifest manifest, string what) => $"the {what} of {manifest.Where}";

    private static void RequireHash(string hash, string what)
    {
        if (!ContentHash.IsValid(hash))
        {
            throw new ArgumentException($"Expected the SHA-256 of the {what} as 64 lower-case hexadecimal digits, but found '{hash}'.", nameof(hash));
        }
    }
}
