using Mlp.Runtime.Interop;

namespace Mlp.Runtime.Storage;

/// <summary>
/// Writes and publishes files so that a reader sees all of the content or none of it, and so that what was reported as done survives
/// a power loss: content is flushed before it gets its name, and the directory after.
/// </summary>
/// <remarks>
/// Safe for many threads and many processes on one file system. An interrupted write leaves at most a file whose name starts with
/// <see cref="TemporaryPrefix"/>, which readers ignore. When a flush of the directory fails after the file got its name, the file is
/// left as it is: somebody may have read it already.
/// </remarks>
internal static class DurableFile
{
    /// <summary>How the name of an unfinished file or directory starts.</summary>
    internal const string TemporaryPrefix = ".tmp-";

    /// <summary>A fresh name in a directory for a file or directory that is not finished yet. Nothing is created.</summary>
    /// <param name="directory">The directory in which the finished thing will be published.</param>
    internal static string TemporaryPath(string directory) => Path.Combine(directory, $"{TemporaryPrefix}{Guid.NewGuid():N}");

    /// <summary>Whether a path names an unfinished file or directory, which readers ignore.</summary>
    /// <param name="path">A path or a bare name.</param>
    internal static bool IsTemporary(string path) => Path.GetFileName(path.AsSpan()).StartsWith(TemporaryPrefix, StringComparison.Ordinal);

    /// <summary>Writes a file that must not exist yet. Of several racing writers exactly one succeeds.</summary>
    /// <param name="disk">Where durability comes from.</param>
    /// <param name="path">Path of the file; its directory exists.</param>
    /// <param name="content">The whole content.</param>
    /// <returns>False when the file exists; then it is left untouched, and its name is durable too.</returns>
    /// <exception cref="IOException">The disk is full or failed; no file of that name was left behind by this call unless the last flush failed.</exception>
    internal static bool WriteExclusive(IDiskSync disk, string path, ReadOnlySpan<byte> content)
    {
        if (Path.Exists(path))
        {
            disk.SyncDirectory(DirectoryOf(path));
            return false;
        }

        var temporary = WriteTemporary(disk, path, content);
        try
        {
            return PublishFlushed(disk, temporary, path);
        }
        finally
        {
            DeleteQuietly(temporary);
        }
    }

    /// <summary>Writes a file, replacing it if it exists: readers see the old content or the new one.</summary>
    /// <param name="disk">Where durability comes from.</param>
    /// <param name="path">Path of the file; its directory exists.</param>
    /// <param name="content">The whole content.</param>
    /// <exception cref="IOException">The disk is full or failed; the old content is still there unless the last flush failed.</exception>
    internal static void Replace(IDiskSync disk, string path, ReadOnlySpan<byte> content)
    {
        var temporary = WriteTemporary(disk, path, content);
        try
        {
            File.Move(temporary, path, overwrite: true);
        }
        catch
        {
            DeleteQuietly(temporary);
            throw;
        }

        disk.SyncDirectory(DirectoryOf(path));
    }

    /// <summary>Publishes a file that somebody else wrote, for example a native engine, under a name that must be free.</summary>
    /// <param name="disk">Where durability comes from.</param>
    /// <param name="staged">The finished file, closed, on the same file system.</param>
    /// <param name="path">The name to give it; its directory exists.</param>
    /// <returns>False when the name is taken; then the staged file is left where it is.</returns>
    /// <exception cref="IOException">The staged file is absent or the disk failed.</exception>
    internal static bool PublishFile(IDiskSync disk, string staged, string path)
    {
        disk.SyncFile(staged);
        return PublishFlushed(disk, staged, path);
    }

    /// <summary>Gives a finished file a name, in place of the file that may have it: readers see the old content or the new one.</summary>
    /// <param name="disk">Where durability comes from.</param>
    /// <param name="staged">The finished file, closed, in the same directory.</param>
    /// <param name="path">The name to give it.</param>
    /// <exception cref="IOException">The disk failed; the old content is still there unless the last flush failed.</exception>
    internal static void ReplaceBy(IDiskSync disk, string staged, string path)
    {
        disk.SyncFile(staged);
        File.Move(staged, path, overwrite: true);
        disk.SyncDirectory(DirectoryOf(path));
    }

    /// <summary>Gives a finished file, which is on the device, a second name that must be free, without copying it where the file system has hard links.</summary>
    /// <param name="disk">Where durability comes from.</param>
    /// <param name="existing">The file, on the same file system.</param>
    /// <param name="path">The second name; its directory exists.</param>
    /// <returns>False when the name is taken; then nothing was done.</returns>
    /// <exception cref="IOException">The file is absent or the disk failed.</exception>
    internal static bool LinkOrCopy(IDiskSync disk, string existing, string path)
    {
        var linked = OperatingSystem.IsWindows() ? LinkResult.Unsupported : UnixFiles.TryLink(existing, path);
        if (linked == LinkResult.Unsupported)
        {
            return CopyExclusive(disk, existing, path);
        }

        disk.SyncDirectory(DirectoryOf(path));
        return linked == LinkResult.Linked;
    }

    /// <summary>Publishes a directory with all it holds under a name that must be free: readers see all of it or nothing.</summary>
    /// <param name="disk">Where durability comes from.</param>
    /// <param name="staged">The finished directory, on the same file system. It holds at least one entry, without which a rename is not exclusive.</param>
    /// <param name="path">The name to give it; its parent exists.</param>
    /// <returns>False when the name is taken; then the staged directory is left where it is, so that another name can be tried.</returns>
    /// <exception cref="ArgumentException">The staged directory is empty.</exception>
    /// <exception cref="IOException">The staged directory is absent or the disk failed.</exception>
    internal static bool PublishDirectory(IDiskSync disk, string staged, string path)
    {
        if (!Directory.EnumerateFileSystemEntries(staged).Any())
        {
            throw new ArgumentException($"The directory '{staged}' is empty; only a directory with content can be published.", nameof(staged));
        }

        SyncTree(disk, staged);
        var published = TryMoveDirectory(staged, path);
        var parent = DirectoryOf(path);
        disk.SyncDirectory(parent);
        if (published && DirectoryOf(staged) is var origin && origin != parent)
        {
            disk.SyncDirectory(origin);
        }

        return published;
    }

    /// <summary>Creates a directory and every missing one above it, each durable before the next is made.</summary>
    /// <param name="disk">Where durability comes from.</param>
    /// <param name="path">Path of the directory.</param>
    /// <exception cref="IOException">A file is in the way or the disk failed.</exception>
    internal static void CreateDirectories(IDiskSync disk, string path)
    {
        var missing = new Stack<string>();
        var level = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        while (!Directory.Exists(level))
        {
            missing.Push(level);
            level = DirectoryOf(level);
        }

        // Another process may have made the deepest existing level and not have flushed it yet. Levels above it are durable,
        // because everybody flushes one level before making the next.
        SyncWherePermitted(disk, level);
        while (missing.TryPop(out var next))
        {
            Directory.CreateDirectory(next);
            disk.SyncDirectory(DirectoryOf(next));
        }
    }

    /// <summary>Removes a file and makes the removal durable. A missing file is no error.</summary>
    /// <param name="disk">Where durability comes from.</param>
    /// <param name="path">Path of the file.</param>
    /// <exception cref="IOException">The disk failed.</exception>
    internal static void Delete(IDiskSync disk, string path)
    {
        File.Delete(path);
        disk.SyncDirectory(DirectoryOf(path));
    }

    private static bool CopyExclusive(IDiskSync disk, string existing, string path)
    {
        var temporary = TemporaryPath(DirectoryOf(path));
        try
        {
            File.Copy(existing, temporary);
            return PublishFile(disk, temporary, path);
        }
        finally
        {
            DeleteQuietly(temporary);
        }
    }

    private static string WriteTemporary(IDiskSync disk, string path, ReadOnlySpan<byte> content)
    {
        var temporary = TemporaryPath(DirectoryOf(path));
        try
        {
            using var handle = File.OpenHandle(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.Read | FileShare.Delete);
            RandomAccess.Write(handle, content, fileOffset: 0);
            disk.SyncFile(handle, temporary);
        }
        catch
        {
            DeleteQuietly(temporary);
            throw;
        }

        return temporary;
    }

    private static bool PublishFlushed(IDiskSync disk, string staged, string path)
    {
        var published = TryMoveFile(staged, path);
        disk.SyncDirectory(DirectoryOf(path));
        return published;
    }

    /// <summary>Moves a file to a free name. <see cref="File.Move(string, string)"/> checks first and renames after, which on Unix lets two callers win.</summary>
    private static bool TryMoveFile(string staged, string path)
    {
        if (OperatingSystem.IsWindows())
        {
            try
            {
                File.Move(staged, path, overwrite: false);
                return true;
            }
            catch (IOException) when (Path.Exists(path) && File.Exists(staged))
            {
                return false;
            }
        }

        switch (UnixFiles.TryLink(staged, path))
        {
            case LinkResult.Linked:
                DeleteQuietly(staged);
                return true;
            case LinkResult.NameTaken:
                return false;
            default:
                return OperatingSystem.IsLinux()
                    ? UnixFiles.TryRenameExclusive(staged, path)
                    : throw new IOException($"The file system of '{path}' has no hard links, which publishing a file without overwriting needs.");
        }
    }

    private static bool TryMoveDirectory(string staged, string path)
    {
        try
        {
            Directory.Move(staged, path);
            return true;
        }
        catch (IOException) when (Path.Exists(path) && Directory.Exists(staged))
        {
            return false;
        }
    }

    private static void SyncTree(IDiskSync disk, string directory)
    {
        foreach (var file in Directory.EnumerateFiles(directory))
        {
            disk.SyncFile(file);
        }

        foreach (var child in Directory.EnumerateDirectories(directory))
        {
            SyncTree(disk, child);
        }

        disk.SyncDirectory(directory);
    }

    private static void SyncWherePermitted(IDiskSync disk, string directory)
    {
        if (Path.GetDirectoryName(directory) is not { } parent)
        {
            return;
        }

        try
        {
            disk.SyncDirectory(parent);
        }
        catch (UnauthorizedAccessException)
        {
            // A parent that we may not even list was not made by a process like us a moment ago.
        }
    }

    private static void DeleteQuietly(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (IOException)
        {
            // Readers ignore the name.
        }
    }

    private static string DirectoryOf(string path) =>
        Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(path)))
        ?? throw new ArgumentException($"The path '{path}' has no directory.", nameof(path));
}
