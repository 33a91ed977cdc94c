using Microsoft.Win32.SafeHandles;
using Mlp.Runtime.Storage;

namespace Mlp.Features.Tests.Offline;

/// <summary>Lets a number of syncs through and fails from then on, as when the power goes.</summary>
internal sealed class CuttingDisk(IDiskSync disk) : IDiskSync
{
    internal int RemainingSyncs { get; set; } = int.MaxValue;

    public void SyncFile(SafeFileHandle handle, string path)
    {
        Take();
        disk.SyncFile(handle, path);
    }

    public void SyncFile(string path)
    {
        Take();
        disk.SyncFile(path);
    }

    public void SyncDirectory(string path)
    {
        Take();
        disk.SyncDirectory(path);
    }

    private void Take()
    {
        if (RemainingSyncs-- <= 0)
        {
            throw new IOException("The power is gone.");
        }
    }
}
