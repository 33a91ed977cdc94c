using Microsoft.Win32.SafeHandles;
using Mlp.Runtime.Storage;

namespace Mlp.Integration.Tests.Health;

/// <summary>The real disk, which refuses below one folder while it is told to, as a device that fails does.</summary>
internal sealed class FailingDisk : IDiskSync
{
    private volatile string? _failing;

    /// <summary>Files and folders below this path are refused; null for none.</summary>
    public string? FailingFolder
    {
        get => _failing;
        set => _failing = value;
    }

    public void SyncFile(SafeFileHandle handle, string path)
    {
        ThrowIfFailing(path);
        DiskSync.Instance.SyncFile(handle, path);
    }

    public void SyncFile(string path)
    {
        ThrowIfFailing(path);
        DiskSync.Instance.SyncFile(path);
    }

    public void SyncDirectory(string path)
    {
        ThrowIfFailing(path);
        DiskSync.Instance.SyncDirectory(path);
    }

    private void ThrowIfFailing(string path)
    {
        if (_failing is { } folder && path.StartsWith(folder, StringComparison.Ordinal))
        {
            throw new IOException($"Input/output error: '{path}'.");
        }
    }
}
