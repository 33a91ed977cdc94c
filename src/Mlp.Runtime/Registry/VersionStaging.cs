using System.Buffers;
using System.Security.Cryptography;
using Mlp.Runtime.Models;
using Mlp.Runtime.Storage;

namespace Mlp.Runtime.Registry;

/// <summary>The folder of a version that is being made, with its external data. Deleted with all it holds unless it has got its final name. Not thread-safe.</summary>
internal sealed class VersionStaging : IDisposable
{
    private const int BufferSize = 1 << 20;

    private readonly IDiskSync _disk;
    private readonly List<ExternalDataFile> _files = [];

    /// <summary>Makes an empty one in the registry's own folder: which model and version it becomes may not be known yet.</summary>
    /// <param name="paths">The registry.</param>
    /// <param name="disk">Where durability comes from.</param>
    public VersionStaging(RegistryPaths paths, IDiskSync disk)
    {
        _disk = disk;
        DurableFile.CreateDirectories(disk, paths.Root);
        Folder = DurableFile.TemporaryPath(paths.Root);
        Directory.CreateDirectory(Folder);
        ExternalData = Path.Combine(Folder, RegistryPaths.ExternalDataName);
    }

    /// <summary>Path of the folder.</summary>
    public string Folder { get; }

    /// <summary>Path of the folder with the external data; absent while there is none.</summary>
    public string ExternalData { get; }

    /// <summary>The external data so far.</summary>
    public IReadOnlyList<ExternalDataFile> Files => _files;

    /// <summary>Copies a file of external data. When this returns its bytes are on the device.</summary>
    /// <param name="location">Where the model says that it lies; has been checked.</param>
    /// <param name="content">Its bytes.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="IOException">The disk is full or failed.</exception>
    public ExternalDataFile Add(string location, Stream content, CancellationToken cancellationToken)
    {
        var path = Path.Combine([ExternalData, .. location.Split('/')]);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        long length = 0;
        try
        {
            using var handle = File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write, FileShare.Read | FileShare.Delete);
            for (int count; (count = content.Read(buffer, 0, BufferSize)) > 0; length += count)
            {
                cancellationToken.ThrowIfCancellationRequested();
                hash.AppendData(buffer, 0, count);
                RandomAccess.Write(handle, buffer.AsSpan(0, count), length);
            }

            _disk.SyncFile(handle, path);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        if (!OperatingSystem.IsWindows())
        {
            // Sessions map the file: what is written to it by mistake would change a model in service.
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        }

        var file = new ExternalDataFile(location, length, Convert.ToHexStringLower(hash.GetHashAndReset()));
        _files.Add(file);
        return file;
    }

    /// <summary>Stores all external data as blobs.</summary>
    /// <param name="blobs">The store.</param>
    public void Store(BlobStore blobs)
    {
        foreach (var file in _files)
        {
            blobs.Adopt(Path.Combine([ExternalData, .. file.Path.Split('/')]), file.Sha256);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Directory.Exists(Folder))
        {
            Directory.Delete(Folder, recursive: true);
        }
    }
}
