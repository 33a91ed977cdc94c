using Microsoft.Win32.SafeHandles;
using Mlp.Runtime.Interop;

namespace Mlp.Runtime.Storage;

/// <summary>Flushes to the device by fsync (F_FULLFSYNC on macOS, FlushFileBuffers on Windows).</summary>
internal sealed class DiskSync : IDiskSync
{
    private DiskSync()
    {
    }

    /// <summary>The only instance; it has no state.</summary>
    internal static DiskSync Instance { get; } = new();

    /// <inheritdoc/>
    public void SyncFile(SafeFileHandle handle, string path) => RandomAccess.FlushToDisk(handle);

    /// <inheritdoc/>
    public void SyncFile(string path)
    {
        // Windows flushes only what is open for writing; elsewhere a published file may well be read-only.
        var access = OperatingSystem.IsWindows() ? FileAccess.ReadWrite : FileAccess.Read;
        using var handle = File.OpenHandle(path, FileMode.Open, access, FileShare.ReadWrite | FileShare.Delete);
        RandomAccess.FlushToDisk(handle);
    }

    /// <inheritdoc/>
    /// <remarks>On Windows this does nothing: the file system journals its directories and offers no flush for one.</remarks>
    public void SyncDirectory(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        using var handle = UnixFiles.OpenDirectory(path);
        RandomAccess.FlushToDisk(handle);
    }
}
