using Mlp.Runtime.Storage;

namespace Mlp.Runtime.Registry;

/// <summary>Clears what interrupted writers left under temporary names. Readers ignore it; this keeps it from piling up.</summary>
internal static class RegistryLeftovers
{
    /// <summary>Another process may be publishing right now, and a large file takes a while.</summary>
    private static readonly TimeSpan MinimumAge = TimeSpan.FromHours(24);

    /// <summary>Removes leftovers that have not changed for a day.</summary>
    /// <param name="paths">The registry.</param>
    /// <param name="utcNow">Now, UTC.</param>
    /// <returns>How many were removed.</returns>
    public static int Remove(RegistryPaths paths, DateTime utcNow)
    {
        var options = new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.None, IgnoreInaccessible = true };
        var old = new DirectoryInfo(paths.Root)
            .EnumerateFileSystemInfos(DurableFile.TemporaryPrefix + "*", options)
            .Where(f => utcNow - f.LastWriteTimeUtc > MinimumAge)
            .ToArray();
        return old.Count(TryDelete);
    }

    private static bool TryDelete(FileSystemInfo leftover)
    {
        try
        {
            if (leftover is DirectoryInfo directory)
            {
                directory.Delete(recursive: true);
            }
            else
            {
                leftover.Delete();
            }

            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Somebody else has it; the next start tries again.
            return false;
        }
    }
}
