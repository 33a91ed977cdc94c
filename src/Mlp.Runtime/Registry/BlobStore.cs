using System.Globalization;
using Microsoft.Extensions.Logging;
using Mlp.Runtime.Models;
using Mlp.Runtime.Storage;

namespace Mlp.Runtime.Registry;

/// <summary>Files named by the SHA-256 of their content: written once, shared by all versions that have the same. Thread-safe.</summary>
internal sealed class BlobStore(RegistryPaths paths, IDiskSync disk, ILogger logger)
{
    /// <summary>Stores content. When this returns it is on the device.</summary>
    /// <param name="content">The content.</param>
    /// <returns>Its SHA-256.</returns>
    public string Write(ReadOnlySpan<byte> content)
    {
        var hash = ContentHash.Of(content);
        var path = paths.Blob(hash);
        DurableFile.CreateDirectories(disk, Path.GetDirectoryName(path)!);
        if (!DurableFile.WriteExclusive(disk, path, content) && ContentHash.Of(File.ReadAllBytes(path)) != hash)
        {
            // The bytes at hand are what the name promises, so that publishing the same file again repairs it.
            logger.LogWarning("The file {Path} did not hold what its name says; it has been written again.", path);
            DurableFile.Replace(disk, path, content);
        }

        return hash;
    }

    /// <summary>Stores a file that is on the device already, without copying it where the file system has hard links. When this returns the blob is on the device.</summary>
    /// <param name="path">The file, in the registry's file system; nobody writes to it any more. If the content was stored before, it becomes a name of that file.</param>
    /// <param name="hash">Its SHA-256.</param>
    public void Adopt(string path, string hash)
    {
        var blob = paths.Blob(hash);
        DurableFile.CreateDirectories(disk, Path.GetDirectoryName(blob)!);
        while (!DurableFile.LinkOrCopy(disk, path, blob))
        {
            using (var stream = File.OpenRead(blob))
            {
                if (ContentHash.Of(stream) == hash)
                {
                    // One copy of the content is enough; where the file system has no links this makes another.
                    var same = DurableFile.TemporaryPath(Path.GetDirectoryName(path)!);
                    DurableFile.LinkOrCopy(disk, blob, same);
                    File.Move(same, path, overwrite: true);
                    return;
                }
            }

            logger.LogWarning("The file {Path} did not hold what its name says; it has been written again.", blob);
            DurableFile.Delete(disk, blob);
        }
    }

    /// <summary>Path of a blob, which may be absent or damaged.</summary>
    /// <param name="hash">Its SHA-256.</param>
    public string PathOf(string hash) => paths.Blob(hash);

    /// <summary>Reads content and checks it.</summary>
    /// <param name="hash">Its SHA-256.</param>
    /// <param name="what">What it is, for messages: "the ONNX file of model 'x' version 3".</param>
    /// <param name="cancellationToken">Ends the read.</param>
    /// <exception cref="CorruptFileException">The file is missing or holds something else.</exception>
    public async Task<byte[]> ReadAsync(string hash, string what, CancellationToken cancellationToken)
    {
        var path = paths.Blob(hash);
        byte[] content;
        try
        {
            content = await File.ReadAllBytesAsync(path, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new CorruptFileException(path, $"Expected {what} at '{path}', but found no file.", innerException: e);
        }

        var found = ContentHash.Of(content);
        return found == hash
            ? content
            : throw new CorruptFileException(
                path, $"Expected {what} with SHA-256 {hash} at '{path}', but found {content.Length.ToString(CultureInfo.InvariantCulture)} bytes with SHA-256 {found}.");
    }
}
