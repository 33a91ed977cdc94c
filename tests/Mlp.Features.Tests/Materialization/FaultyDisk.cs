using Microsoft.Win32.SafeHandles;
using Mlp.Runtime.Storage;

namespace Mlp.Features.Tests.Materialization;

/// <summary>A disk that refuses to flush open files when it is told to.</summary>
internal sealed class FaultyDisk : IDiskSync
{
    internal volatile bool Fails;

    public void SyncFile(SafeFileHandle handle, string path)
    {
        if (Fails)
        {
            throw new IOException("No space left on device.");
        }

        DiskSync.Instance.SyncFile(handle, path);
    }

    public void SyncFile(string path) => DiskSync.Instance.SyncFile(path);

    public void SyncDirectory(string path) => DiskSync.Instance.SyncDirectory(path);
}
