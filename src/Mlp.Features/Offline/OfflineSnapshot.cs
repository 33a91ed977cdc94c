using System.Collections.Concurrent;
using Mlp.Features.Definitions;
using Mlp.Features.Interop;
using Mlp.Runtime;
using Mlp.Runtime.Data;

namespace Mlp.Features.Offline;

/// <summary>The rows of a view as of one commit: exactly these files. Immutable.</summary>
internal sealed class OfflineSnapshot
{
    private readonly string _folder;
    private readonly ConcurrentDictionary<string, bool> _readable;

    internal OfflineSnapshot(FeatureViewDefinition view, string folder, long commit, IReadOnlyList<OfflineFile> files, ConcurrentDictionary<string, bool> readable)
    {
        View = view;
        _folder = folder;
        _readable = readable;
        Commit = commit;
        Files = files;
    }

    internal FeatureViewDefinition View { get; }

    /// <summary>Number of the commit; 0 when there is none.</summary>
    internal long Commit { get; }

    internal IReadOnlyList<OfflineFile> Files { get; }

    internal long RowCount => Files.Sum(f => f.RowCount);

    /// <summary>Some of the files.</summary>
    /// <param name="predicate">Which.</param>
    internal OfflineSnapshot Select(Func<OfflineFile, bool> predicate) => new(View, _folder, Commit, [.. Files.Where(predicate)], _readable);

    /// <summary>Checks that every file is there and as long as it was.</summary>
    /// <exception cref="CorruptFileException">A file is missing or has another length.</exception>
    internal void Verify()
    {
        foreach (var file in Files)
        {
            var path = FullPath(file);
            var info = new FileInfo(path);
            if (!info.Exists)
            {
                throw new CorruptFileException(path, $"Expected the file '{path}' of commit {Commit} of {View}, but it is missing.");
            }

            if (info.Length != file.Length)
            {
                throw new CorruptFileException(
                    path, $"Expected the file '{path}' of commit {Commit} of {View} to have {file.Length} bytes, but it has {info.Length}.", Math.Min(info.Length, file.Length));
            }
        }
    }

    /// <summary>Checks that every file says of itself that it holds rows of the view in a format that can be read. Comes before <see cref="Relation"/>.</summary>
    /// <param name="session">A session to read with.</param>
    /// <exception cref="UnsupportedFormatVersionException">A newer version of the platform wrote a file.</exception>
    /// <exception cref="CorruptFileException">A file holds something else.</exception>
    internal void RequireReadable(DuckDbSession session) => OfflineFileFormat.Check(session, View, Files.Select(FullPath), _readable);

    /// <summary>A relation with the columns of <see cref="OfflineView.Columns"/> over all rows that may be seen up to a time.</summary>
    internal string Relation(long maxEventTime = long.MaxValue)
    {
        var files = Files.Where(f => f.MinEventTime <= maxEventTime).Select(f => Sql.Text(FullPath(f))).ToList();
        if (files.Count == 0)
        {
            return $"(SELECT {string.Join(", ", OfflineView.Columns(View).Select(c => $"NULL::{c.Type} AS {Sql.Name(c.Name)}"))} WHERE false)";
        }

        return $"read_parquet([{string.Join(", ", files)}], hive_partitioning = false)";
    }

    private string FullPath(OfflineFile file) => Path.Combine(_folder, file.Path.Replace('/', Path.DirectorySeparatorChar));
}
