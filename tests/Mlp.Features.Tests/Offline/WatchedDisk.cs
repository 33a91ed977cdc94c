using Microsoft.Win32.SafeHandles;
using Mlp.Runtime.Storage;

namespace Mlp.Features.Tests.Offline;

/// <summary>Tells a test of every flush, before or after it is done.</summary>
internal sealed class WatchedDisk : IDiskSync
{
    internal Action<string> FlushingFile { get; set; } = _ => { };

    internal Action<string> FlushedDirectory { get; set; } = _ => { };

    internal Action<string> FlushedOpenFile { get; set; } = _ => { };

    public void SyncFile(SafeFileHandle handle, string path)
    {
        DiskSync.Instance.SyncFile(handle, path);
        FlushedOpenFile(path);
    }

    public void SyncFile(string path)
    {
        FlushingFile(path);
        DiskSync.Instance.SyncFile(path);
    }

    public void SyncDirectory(string path)
    {
        DiskSync.Instance.SyncDirectory(path);
        FlushedDirectory(path);
    }
}
