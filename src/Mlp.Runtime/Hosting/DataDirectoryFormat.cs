using Mlp.Runtime.Storage;

namespace Mlp.Runtime.Hosting;

/// <summary>
/// The file <c>format.json</c> of a data directory: which layout it has. A newer layout is refused before anything is opened or written; a directory without the file
/// has layout 1.
/// </summary>
internal static class DataDirectoryFormat
{
    /// <summary>The newest layout that is read.</summary>
    public const int CurrentFormatVersion = 1;

    /// <summary>Name of the file.</summary>
    public const string FileName = "format.json";

    private const string FormatName = "mlp-data";

    private static readonly byte[] Content = System.Text.Encoding.UTF8.GetBytes(
        FormattableString.Invariant($$"""{"format":"{{FormatName}}","formatVersion":{{VersionedJson.FirstVersion}}}""") + "\n");

    /// <summary>Refuses a layout that this version cannot use. Writes nothing.</summary>
    /// <param name="root">Full path of the data directory; may not exist.</param>
    /// <returns>Whether the file is there.</returns>
    /// <exception cref="UnsupportedFormatVersionException">A newer version of the platform made the directory.</exception>
    /// <exception cref="CorruptFileException">The file says something else.</exception>
    public static bool Check(string root)
    {
        var path = Path.Combine(root, FileName);
        byte[] json;
        try
        {
            json = File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return false;
        }

        VersionedJson.Check(json, path, FormatName, CurrentFormatVersion);
        return true;
    }

    /// <summary>Refuses a layout that this version cannot use, and marks a directory that has no mark yet. Any number of processes may do this at once.</summary>
    /// <param name="disk">Where durability comes from.</param>
    /// <param name="root">Full path of the data directory; created when needed.</param>
    /// <exception cref="UnsupportedFormatVersionException">A newer version of the platform made the directory.</exception>
    /// <exception cref="CorruptFileException">The file says something else.</exception>
    /// <exception cref="IOException">The disk refused.</exception>
    public static void Ensure(IDiskSync disk, string root)
    {
        if (Check(root))
        {
            return;
        }

        DurableFile.CreateDirectories(disk, root);
        if (!DurableFile.WriteExclusive(disk, Path.Combine(root, FileName), Content))
        {
            Check(root);
        }
    }
}
