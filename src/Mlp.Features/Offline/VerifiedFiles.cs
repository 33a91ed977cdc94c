using System.Collections.Concurrent;
using Mlp.Runtime;
using Mlp.Runtime.Storage;

namespace Mlp.Features.Offline;

/// <summary>Checks the content of data files against the hash in their commit: once per process, and again when a file has another length or time of change. Thread-safe.</summary>
internal sealed class VerifiedFiles
{
    private readonly ConcurrentDictionary<string, (long Length, DateTime Changed)> _files = new(StringComparer.Ordinal);

    /// <summary>Checks a file before it is read.</summary>
    /// <param name="path">Full path.</param>
    /// <param name="file">What its commit says of it; without a hash there is nothing to check.</param>
    /// <param name="owner">Whose file it is, for the message.</param>
    /// <exception cref="CorruptFileException">The file is not what was committed.</exception>
    internal void Check(string path, OfflineFile file, string owner)
    {
        if (file.XxHash128 is not { } expected)
        {
            return;
        }

        var info = new FileInfo(path);
        var seen = (info.Exists ? info.Length : -1, info.Exists ? info.LastWriteTimeUtc : default);
        if (_files.TryGetValue(path, out var known) && known == seen)
        {
            return;
        }

        string found;
        try
        {
            found = FileHash.Of(path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new CorruptFileException(path, $"Expected the file '{path}' of {owner}, but it is missing.", innerException: e);
        }

        if (found != expected)
        {
            throw new CorruptFileException(path, $"Expected the file '{path}' of {owner} to hold what was committed, but its hash is another one: it is damaged. Restore it, or ingest its rows into a new store.");
        }

        _files[path] = seen;
    }
}
