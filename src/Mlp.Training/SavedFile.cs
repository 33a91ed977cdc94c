using Mlp.Runtime.Storage;

namespace Mlp.Training;

/// <summary>Saves what a user asks to save under a path: readers see all of it or nothing, what was reported as saved survives a power loss, and a file that exists is replaced only where the caller says so.</summary>
/// <param name="disk">Where durability comes from.</param>
/// <param name="create">Opens a new file for writing.</param>
internal sealed class SavedFile(IDiskSync disk, Func<string, Stream> create)
{
    private const int DiskFull = 28;
    private const int ReadOnlyDisk = 30;
    private const int DiskFullOnWindows = unchecked((int)0x80070070);
    private const int ReadOnlyDiskOnWindows = unchecked((int)0x80070013);

    /// <summary>Files of the operating system.</summary>
    public static SavedFile Default { get; } = On(DiskSync.Instance);

    /// <summary>Files of the operating system on a given disk.</summary>
    public static SavedFile On(IDiskSync disk) => new(disk, path => new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None));

    /// <summary>The full form of a path of a file.</summary>
    /// <exception cref="ArgumentException">It is none.</exception>
    public static string FullPath(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var full = Path.GetFullPath(path);
        return Path.GetFileName(full).Length > 0 ? full : throw new ArgumentException($"Expected the path of a file, but found '{path}'.", nameof(path));
    }

    /// <summary>Reads a file that was saved.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="what">What it holds, for messages, with its article, as <c>a plot</c>.</param>
    /// <exception cref="FileNotFoundException">There is none.</exception>
    public static byte[] Read(string path, string what)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return File.Exists(path)
            ? File.ReadAllBytes(path)
            : throw new FileNotFoundException($"Expected {what} saved at '{path}', but found {(Directory.Exists(path) ? "a folder" : "none")}.", path);
    }

    /// <summary>Saves a file.</summary>
    /// <param name="path">Its path; the folder exists.</param>
    /// <param name="what">What it holds, for messages, as <c>plot</c>.</param>
    /// <param name="overwrite">Whether a file of that name may be replaced.</param>
    /// <param name="write">Writes the content.</param>
    /// <exception cref="FileWriteException">The folder is missing or may not be written, the path is taken, or the disk is full or failed.</exception>
    public void Save(string path, string what, bool overwrite, Action<Stream> write)
    {
        var full = FullPath(path);
        ThrowIfTaken(full, what, overwrite);
        if (!Write(full, full, what, overwrite, write, CancellationToken.None) && !overwrite)
        {
            ThrowIfTaken(full, what, overwrite: false);
        }
    }

    /// <summary>Refuses a path that is taken.</summary>
    /// <param name="full">Full path.</param>
    /// <param name="what">What is to be saved there.</param>
    /// <param name="overwrite">Whether a file may be replaced.</param>
    /// <exception cref="FileWriteException">It is.</exception>
    public static void ThrowIfTaken(string full, string what, bool overwrite)
    {
        if (Directory.Exists(full))
        {
            throw new FileWriteException(full, $"Expected the path of a file to save the {what} at, but '{full}' is a folder.");
        }

        if (!overwrite && File.Exists(full))
        {
            throw new FileWriteException(full, $"Expected a free path to save the {what} at, but '{full}' exists (it is replaced where Overwrite says so).");
        }
    }

    /// <summary>Writes one file.</summary>
    /// <param name="full">Full path.</param>
    /// <param name="named">The path that the caller knows, for messages: another one where this is a part of it.</param>
    /// <param name="what">What is saved.</param>
    /// <param name="mayExist">Whether a file of that name is replaced.</param>
    /// <param name="write">Writes the content.</param>
    /// <param name="cancellationToken">Looked at before the file gets its name.</param>
    /// <returns>Whether the file is new; where none may be replaced, false says that the name was taken meanwhile.</returns>
    /// <exception cref="FileWriteException">The operating system refused.</exception>
    public bool Write(string full, string named, string what, bool mayExist, Action<Stream> write, CancellationToken cancellationToken)
    {
        var isNew = !File.Exists(full);
        var folder = Path.GetDirectoryName(full)!;
        var temporary = DurableFile.TemporaryPath(folder);
        try
        {
            using (var stream = create(temporary))
            {
                write(stream);
            }

            cancellationToken.ThrowIfCancellationRequested();
            if (mayExist)
            {
                DurableFile.ReplaceBy(disk, temporary, full);
                return isNew;
            }

            return DurableFile.PublishFile(disk, temporary, full);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Nobody knows the temporary file by its name.
            throw new FileWriteException(named, $"Expected to save the {what} at '{named}', but {Describe(e, folder).Replace(temporary, named, StringComparison.Ordinal)}.", e);
        }
        finally
        {
            DeleteQuietly(temporary);
        }
    }

    /// <summary>Deletes a file that nobody refers to.</summary>
    /// <param name="path">Its path.</param>
    public static void DeleteQuietly(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Its name says that it is unfinished, or its content is whole and nobody refers to it.
        }
    }

    private static string Describe(Exception error, string folder) => error switch
    {
        DirectoryNotFoundException => $"the folder '{folder}' does not exist",
        UnauthorizedAccessException or { HResult: ReadOnlyDisk or ReadOnlyDiskOnWindows } => $"the folder '{folder}' may not be written",
        { HResult: DiskFull or DiskFullOnWindows } => "the disk is full",
        _ => $"the disk failed: {error.Message.TrimEnd('.')}",
    };
}
