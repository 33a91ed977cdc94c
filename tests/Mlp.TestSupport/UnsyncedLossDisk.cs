using Microsoft.Win32.SafeHandles;
using Mlp.Runtime.Storage;
using Mlp.TestSupport.Interop;

namespace Mlp.TestSupport;

/// <summary>
/// A disk whose every unsynced byte and name is lost in a power cut. It watches a real directory: a synced file's content is kept as
/// of that moment, a synced directory's entries likewise, and <see cref="Crash"/> builds what a machine would find after the power
/// came back in the worst case. Use it on Linux, in place of <see cref="DiskSync"/>, and reopen the data where the crash left it.
/// </summary>
/// <remarks>
/// Strict as POSIX: a name survives only if its directory was synced after it was given, and every directory above too; a file that has a
/// name but was never synced is empty; a removal that was not synced is undone. What was there when the disk was made is taken as
/// synced. Contents belong to inodes, so a rename between the sync of a file and that of its directory is followed. Syncs outside
/// the directory are passed over. Safe for many threads.
/// </remarks>
public sealed class UnsyncedLossDisk : IDiskSync, IDisposable
{
    private readonly Lock _gate = new();
    private readonly string _root;
    private readonly string _shadow;
    private readonly InodeIdentity _rootIdentity;
    private readonly Dictionary<InodeIdentity, Dictionary<string, InodeIdentity>> _directories = [];
    private readonly HashSet<InodeIdentity> _contents = [];

    // An inode that is freed gives its number to the next file, so whatever was seen is held on to: files by a second name in the
    // shadow folder, directories by a handle.
    private readonly HashSet<InodeIdentity> _heldFiles = [];
    private readonly Dictionary<InodeIdentity, SafeFileHandle> _heldDirectories = [];

    /// <summary>Starts to watch a directory.</summary>
    /// <param name="root">The directory; what it holds is taken as synced.</param>
    /// <exception cref="PlatformNotSupportedException">This is not Linux.</exception>
    public UnsyncedLossDisk(string root)
    {
        if (!OperatingSystem.IsLinux())
        {
            throw new PlatformNotSupportedException("UnsyncedLossDisk needs Linux.");
        }

        _root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(root));
        _shadow = Directory.CreateDirectory($"{_root}.shadow-{Guid.NewGuid():N}").FullName;
        _rootIdentity = Inodes.TryIdentify(_root) ?? throw new DirectoryNotFoundException($"There is no directory '{_root}'.");
        SyncTree(_root);
    }

    /// <summary>Number of syncs of files and directories so far.</summary>
    public int SyncCount { get; private set; }

    /// <inheritdoc/>
    public void SyncFile(SafeFileHandle handle, string path)
    {
        lock (_gate)
        {
            SyncCount++;
            if (IsWatched(path))
            {
                using var readable = Inodes.Reopen(handle);
                KeepContent(readable);
            }
        }
    }

    /// <inheritdoc/>
    public void SyncFile(string path)
    {
        lock (_gate)
        {
            SyncCount++;
            if (IsWatched(path))
            {
                using var readable = Inodes.TryOpen(path) ?? throw new FileNotFoundException($"There is no file '{path}'.", path);
                KeepContent(readable);
            }
        }
    }

    /// <inheritdoc/>
    public void SyncDirectory(string path)
    {
        lock (_gate)
        {
            SyncCount++;
            if (IsWatched(path))
            {
                KeepEntries(path);
            }
        }
    }

    /// <summary>Builds what a power cut at this moment would leave, and goes on watching.</summary>
    /// <param name="targetDirectory">Where to build it: a directory that does not exist yet or is empty.</param>
    /// <returns>The full path of that directory.</returns>
    public string Crash(string targetDirectory)
    {
        var target = Directory.CreateDirectory(targetDirectory);
        if (target.EnumerateFileSystemInfos().Any())
        {
            throw new ArgumentException($"Expected an empty directory, but found entries in '{targetDirectory}'.", nameof(targetDirectory));
        }

        lock (_gate)
        {
            Restore(_rootIdentity, target.FullName);
        }

        return target.FullName;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            foreach (var handle in _heldDirectories.Values)
            {
                handle.Dispose();
            }

            if (Directory.Exists(_shadow))
            {
                Directory.Delete(_shadow, recursive: true);
            }
        }
    }

    private bool IsWatched(string path)
    {
        var full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        return full == _root || full.StartsWith(_root + Path.DirectorySeparatorChar, StringComparison.Ordinal);
    }

    private void SyncTree(string directory)
    {
        KeepEntries(directory);
        foreach (var file in Directory.EnumerateFiles(directory))
        {
            using var readable = Inodes.TryOpen(file)!;
            KeepContent(readable);
        }

        foreach (var child in Directory.EnumerateDirectories(directory))
        {
            SyncTree(child);
        }
    }

    private void KeepContent(SafeFileHandle readable)
    {
        var identity = Inodes.Identify(readable);
        if (!TryHold(identity, readable))
        {
            // It has no name any more and can get none.
            return;
        }

        using var copy = new FileStream(ContentPath(identity), FileMode.Create, FileAccess.Write, FileShare.Read, bufferSize: 0);
        var buffer = new byte[(int)Math.Clamp(RandomAccess.GetLength(readable), 1, 1 << 20)];
        long offset = 0;
        for (int read; (read = RandomAccess.Read(readable, buffer, offset)) > 0; offset += read)
        {
            copy.Write(buffer, 0, read);
        }

        _contents.Add(identity);
    }

    private void KeepEntries(string path)
    {
        using var directory = Inodes.TryOpen(path) ?? throw new DirectoryNotFoundException($"There is no directory '{path}'.");
        var identity = Inodes.Identify(directory);
        if (!identity.IsDirectory)
        {
            throw new IOException($"Expected a directory, but found a file: '{path}'.");
        }

        TryHold(identity, directory);
        var entries = new Dictionary<string, InodeIdentity>(StringComparer.Ordinal);
        foreach (var entry in Directory.EnumerateFileSystemEntries(path))
        {
            // Another thread may be renaming and removing; what is gone by now is not synced.
            if (Inodes.TryIdentify(entry) is { } child && TryHold(child, entry))
            {
                entries[Path.GetFileName(entry)] = child;
            }
        }

        _directories[identity] = entries;
    }

    private bool TryHold(InodeIdentity identity, string path)
    {
        if (_heldFiles.Contains(identity) || _heldDirectories.ContainsKey(identity))
        {
            return true;
        }

        using var handle = Inodes.TryOpen(path);
        return handle is not null && Inodes.Identify(handle) == identity && TryHold(identity, handle);
    }

    private bool TryHold(InodeIdentity identity, SafeFileHandle handle)
    {
        if (!identity.IsDirectory)
        {
            return _heldFiles.Contains(identity)
                || (Inodes.TryName(handle, Path.Combine(_shadow, $"held-{identity.Number}")) && _heldFiles.Add(identity));
        }

        if (!_heldDirectories.ContainsKey(identity))
        {
            _heldDirectories.Add(identity, Inodes.Reopen(handle));
        }

        return true;
    }

    private void Restore(InodeIdentity directory, string target)
    {
        if (!_directories.TryGetValue(directory, out var entries))
        {
            return;
        }

        foreach (var (name, identity) in entries)
        {
            var path = Path.Combine(target, name);
            if (identity.IsDirectory)
            {
                Directory.CreateDirectory(path);
                Restore(identity, path);
            }
            else if (_contents.Contains(identity))
            {
                File.Copy(ContentPath(identity), path);
            }
            else
            {
                File.Create(path).Dispose();
            }
        }
    }

    private string ContentPath(InodeIdentity identity) => Path.Combine(_shadow, $"content-{identity.Number}");
}
