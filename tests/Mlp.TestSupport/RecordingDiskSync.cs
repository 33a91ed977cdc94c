using Microsoft.Win32.SafeHandles;
using Mlp.Runtime.Storage;

namespace Mlp.TestSupport;

/// <summary>
/// A disk that flushes nothing, writes down in which order it was asked to, and fails when told to. Not for showing durability
/// (UnsyncedLossDisk is), but for order and for faults.
/// </summary>
public sealed class RecordingDiskSync : IDiskSync
{
    private readonly Lock _gate = new();
    private readonly List<string> _calls = [];

    /// <summary>Is called before each flush with "file" or "directory" and the path; it may throw in place of the device.</summary>
    public Action<string, string>? OnSync { get; set; }

    /// <summary>The calls so far: "file" or "directory", a blank, and the last part of the path (temporary names shortened to ".tmp").</summary>
    public IReadOnlyList<string> Calls
    {
        get
        {
            lock (_gate)
            {
                return [.. _calls];
            }
        }
    }

    /// <inheritdoc/>
    public void SyncFile(SafeFileHandle handle, string path) => Record("file", path);

    /// <inheritdoc/>
    public void SyncFile(string path)
    {
        if (!File.Exists(path))
        {
            throw new FileNotFoundException($"There is no file '{path}'.", path);
        }

        Record("file", path);
    }

    /// <inheritdoc/>
    public void SyncDirectory(string path)
    {
        if (!Directory.Exists(path))
        {
            throw new DirectoryNotFoundException($"There is no directory '{path}'.");
        }

        Record("directory", path);
    }

    private void Record(string kind, string path)
    {
        OnSync?.Invoke(kind, path);
        var name = DurableFile.IsTemporary(path) ? ".tmp" : Path.GetFileName(path);
        lock (_gate)
        {
            _calls.Add($"{kind} {name}");
        }
    }
}
