using Mlp.Runtime.Models;
using Mlp.Spark.Commands;

namespace Mlp.Spark.Worker.Tasks;

/// <summary>Finds the files that commands name. Immutable.</summary>
/// <param name="folder">The folder that files of the session lie in, as Spark said.</param>
internal sealed class TaskFiles(string folder)
{
    /// <summary>The path of a file.</summary>
    /// <param name="file">The file.</param>
    /// <param name="what">What it is, for messages.</param>
    /// <exception cref="TaskException">It is no path, or there is no file.</exception>
    public string Find(FileReference file, string what)
    {
        if (file.Path.Contains("://", StringComparison.Ordinal))
        {
            throw new TaskException(
                $"Expected {what} under a path that every executor sees as a file, but found '{file.Path}'. Ship it with the session, or put it where it is mounted.");
        }

        RequirePath(file.Path, $"the path of {what}");
        RequirePath(folder, "the folder that files of the session lie in");
        var path = Path.GetFullPath(file.Path, Path.GetFullPath(folder));
        if (!Path.IsPathRooted(file.Path) && !path.StartsWith(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)) + Path.DirectorySeparatorChar, StringComparison.Ordinal))
        {
            throw new TaskException($"Expected {what} within the files of the session, but '{file.Path}' leads out of them.");
        }

        return File.Exists(path)
            ? path
            : throw new TaskException($"Expected {what} at '{path}', but found {(Directory.Exists(path) ? "a folder" : "no file")}. Ship it with the session, or name a path that every executor sees.");
    }

    /// <summary>The content of a file, which is what the command says.</summary>
    /// <param name="file">The file.</param>
    /// <param name="what">What it is, for messages.</param>
    /// <exception cref="TaskException">There is no such file, it cannot be read, or it is another.</exception>
    public byte[] Read(FileReference file, string what)
    {
        var path = Find(file, what);
        byte[] content;
        try
        {
            content = File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new TaskException($"Expected to read {what} at '{path}', but: {e.Message}", e);
        }

        RequireHash(file, ContentHash.Of(content), path, what);
        return content;
    }

    /// <summary>Refuses a file that is another than the command says.</summary>
    /// <param name="file">The file.</param>
    /// <param name="found">The hash that was found.</param>
    /// <param name="path">Where it lies.</param>
    /// <param name="what">What it is, for messages.</param>
    /// <exception cref="TaskException">It is another.</exception>
    public static void RequireHash(FileReference file, string found, string path, string what)
    {
        if (found != file.Sha256)
        {
            throw new TaskException($"Expected {what} with SHA-256 {file.Sha256} at '{path}', but found SHA-256 {found}.");
        }
    }

    private static void RequirePath(string path, string what)
    {
        if (path.Length == 0 || path.Contains('\0', StringComparison.Ordinal))
        {
            throw new TaskException($"Expected {what}, but found {(path.Length == 0 ? "an empty one" : "one with a null character")}.");
        }
    }
}
