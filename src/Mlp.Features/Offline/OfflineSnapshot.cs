using System.Collections.Concurrent;
using DuckDB.NET.Data;
using Mlp.Features.Definitions;
using Mlp.Features.Interop;
using Mlp.Runtime;
using Mlp.Runtime.Data;

namespace Mlp.Features.Offline;

/// <summary>The rows of a view as of one commit: exactly these files. Immutable.</summary>
internal sealed class OfflineSnapshot
{
    private readonly string _folder;
    private readonly VerifiedFiles _verified;
    private readonly ConcurrentDictionary<string, bool> _readable;

    internal OfflineSnapshot(
        FeatureViewDefinition view, string folder, long commit, IReadOnlyList<OfflineFileHistory> histories, VerifiedFiles verified, ConcurrentDictionary<string, bool> readable)
    {
        _verified = verified;
        View = view;
        _folder = folder;
        _readable = readable;
        Commit = commit;
        Histories = histories;
        Files = [.. histories.Select(history => history.File)];
    }

    internal FeatureViewDefinition View { get; }

    /// <summary>Number of the commit; 0 when there is none.</summary>
    internal long Commit { get; }

    internal IReadOnlyList<OfflineFile> Files { get; }

    /// <summary>What the commits say of each of <see cref="Files"/>.</summary>
    internal IReadOnlyList<OfflineFileHistory> Histories { get; }

    /// <summary>Full paths of <see cref="Files"/>.</summary>
    internal IEnumerable<string> FullPaths => Files.Select(FullPath);

    internal long RowCount => Files.Sum(f => f.RowCount);

    /// <summary>Some of the files.</summary>
    /// <param name="predicate">Which.</param>
    internal OfflineSnapshot Select(Func<OfflineFileHistory, bool> predicate) => new(View, _folder, Commit, [.. Histories.Where(predicate)], _verified, _readable);

    /// <summary>The files that may have rows which can be seen at a time; the others are counted as pruned.</summary>
    /// <param name="time">The latest time of a question, microseconds.</param>
    /// <param name="mode">Which rows may be seen.</param>
    internal OfflineSnapshot UpTo(long time, JoinMode mode)
    {
        var seen = Select(file => file.File.MinEventTime <= time && (mode == JoinMode.EventTime || file.File.MinCreatedTime <= time));
        OfflineMetrics.PrunedFiles.Add(Files.Count - seen.Files.Count);
        return seen;
    }

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

    /// <summary>
    /// Checks that every file is what was committed, and says of itself that it holds rows of the view in a format that can be read. Comes before <see cref="Relation"/>.
    /// </summary>
    /// <param name="session">A session to read with.</param>
    /// <exception cref="UnsupportedFormatVersionException">A newer version of the platform wrote a file.</exception>
    /// <exception cref="CorruptFileException">A file is damaged, or holds something else.</exception>
    internal void RequireReadable(DuckDbSession session)
    {
        OfflineMetrics.OpenedFiles.Add(Files.Count);
        try
        {
            OfflineFileFormat.Check(session, View, Files.Select(FullPath), _readable);
        }
        catch (DuckDBException e)
        {
            CheckContent();
            throw OfflineStore.Explain(e, session, [this]);
        }

        CheckContent();
    }

    private void CheckContent()
    {
        foreach (var file in Files)
        {
            _verified.Check(FullPath(file), file, View.ToString());
        }
    }

    /// <summary>A relation with the columns of <see cref="OfflineView.Columns"/> over all rows.</summary>
    internal string Relation() => RelationOf(Files);

    /// <summary>A relation over the files that may have rows of a range of event times.</summary>
    /// <param name="from">The first time, microseconds.</param>
    /// <param name="bound">The time behind the last.</param>
    internal string RelationBetween(long from, long bound) => RelationOf(Files.Where(f => f.MaxEventTime >= from && f.MinEventTime < bound));

    private string RelationOf(IEnumerable<OfflineFile> seen)
    {
        var files = seen.Select(f => Sql.File(FullPath(f))).ToList();
        if (files.Count == 0)
        {
            return $"(SELECT {string.Join(", ", OfflineView.Columns(View).Select(c => $"NULL::{c.Type} AS {Sql.Name(c.Name)}"))} WHERE false)";
        }

        return $"read_parquet([{string.Join(", ", files)}], hive_partitioning = false)";
    }

    /// <summary>Finds the file that DuckDB could not read, by reading each alone: one without a hash in its commit, or one that changed under the reader.</summary>
    /// <param name="session">Reads.</param>
    /// <returns>The sentence; null when all can be read.</returns>
    internal CorruptFileException? FindUnreadable(DuckDbSession session)
    {
        foreach (var file in Files)
        {
            var path = FullPath(file);
            try
            {
                session.Query($"SELECT {string.Join(", ", OfflineView.Columns(View).Select(c => $"count(hash({Sql.Name(c.Name)}))"))} FROM read_parquet({Sql.File(path)}, hive_partitioning = false)");
            }
            catch (DuckDBException e)
            {
                return new CorruptFileException(path, $"Expected the file '{path}' of {View} to be Parquet as it was written, but it cannot be read: it is damaged. Restore it, or ingest its rows into a new store.", innerException: e);
            }
        }

        return null;
    }

    private string FullPath(OfflineFile file) => Path.Combine(_folder, file.Path.Replace('/', Path.DirectorySeparatorChar));
}
