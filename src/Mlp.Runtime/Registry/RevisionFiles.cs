using Mlp.Runtime.Storage;

namespace Mlp.Runtime.Registry;

/// <summary>
/// Something that changes, as a folder of numbered files: a change creates the next number exclusively, so that of several writers in any number of processes exactly
/// one wins, no lock can be left behind by a crash, and the history is kept. Thread-safe.
/// </summary>
internal sealed class RevisionFiles(IDiskSync disk)
{
    /// <summary>The highest number of a folder; 0 when there is none.</summary>
    /// <param name="folder">The folder, which may not exist.</param>
    public static long Latest(string folder)
    {
        try
        {
            return Directory.EnumerateFiles(folder).Select(RegistryPaths.ParseRevision).DefaultIfEmpty().Max();
        }
        catch (DirectoryNotFoundException)
        {
            return 0;
        }
    }

    /// <summary>All numbers of a folder, ascending.</summary>
    /// <param name="folder">The folder, which may not exist.</param>
    public static IReadOnlyList<long> List(string folder)
    {
        try
        {
            return [.. Directory.EnumerateFiles(folder).Select(RegistryPaths.ParseRevision).Where(r => r > 0).Order()];
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }
    }

    /// <summary>Creates a number. When this returns true the file is on the device.</summary>
    /// <param name="path">Path of the file; its folder is created when needed.</param>
    /// <param name="content">The whole content.</param>
    /// <returns>False when somebody else has created it.</returns>
    public bool TryAdd(string path, ReadOnlySpan<byte> content)
    {
        DurableFile.CreateDirectories(disk, Path.GetDirectoryName(path)!);
        return DurableFile.WriteExclusive(disk, path, content);
    }
}
