using Microsoft.Win32.SafeHandles;
using Mlp.Runtime.Storage;

namespace Mlp.Integration.Tests.Crash;

/// <summary>A disk that says yes and does nothing below one folder.</summary>
internal sealed class ForgetfulDisk(IDiskSync disk, string forgotten) : IDiskSync
{
    public void SyncFile(SafeFileHandle handle, string path)
    {
        if (!IsForgotten(path))
        {
            disk.SyncFile(handle, path);
        }
    }

    public void SyncFile(string path)
    {
        if (!IsForgotten(path))
        {
            disk.SyncFile(path);
        }
    }

    public void SyncDirectory(string path)
    {
        if (!IsForgotten(path))
        {
            disk.SyncDirectory(path);
        }
    }

    private bool IsForgotten(string path) => path.StartsWith(forgotten, StringComparison.Ordinal);
}
