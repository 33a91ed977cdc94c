using System.Collections.Concurrent;
using System.Globalization;
using Mlp.Features.Definitions;
using Mlp.Features.Interop;
using Mlp.Runtime.Data;
using Mlp.Runtime.Storage;

namespace Mlp.Features.Offline;

/// <summary>
/// The offline rows of one version of a view: immutable Parquet files under a log of commits. Readers open exactly the files of one commit.
/// Thread-safe; several processes may read and append at once.
/// </summary>
internal sealed class OfflineView
{
    /// <summary>The table, private to a session, from which rows are appended; its row ids count from 0 in the order of the source.</summary>
    internal const string StagingTable = "staged_rows";

    private readonly IDiskSync _disk;
    private readonly TimeProvider _time;
    private readonly string _folder;
    private readonly long _targetFileRows;
    private readonly OfflineLog _log;
    private readonly VerifiedFiles _verified = new();
    private readonly ConcurrentDictionary<string, bool> _readable = new(StringComparer.Ordinal);
    private readonly Lock _sequenceGate = new();
    private long _lastReserved;

    internal OfflineView(FeatureViewDefinition view, string offlineRoot, long targetFileRows, IDiskSync disk, TimeProvider time)
    {
        Definition = view;
        _disk = disk;
        _time = time;
        _targetFileRows = targetFileRows;
        _folder = Path.Combine(offlineRoot, view.Name, string.Create(CultureInfo.InvariantCulture, $"v{view.Version}"));
        _log = new OfflineLog(view, _folder);
    }

    internal FeatureViewDefinition Definition { get; }

    /// <summary>Columns of the data files: keys, times, sequence, fields.</summary>
    internal static IReadOnlyList<(string Name, string Type)> Columns(FeatureViewDefinition view)
    {
        var columns = Sql.StoredColumns(view).ToList();
        columns.Insert(view.Keys.Count + 2, (FeatureViewDefinition.StoredSequence, "BIGINT"));
        return columns;
    }

    internal OfflineCommit? LastCommit() => _log.Last();

    /// <summary>All commits, oldest first.</summary>
    internal IReadOnlyList<OfflineCommit> Commits() => _log.Refresh();

    /// <summary>The sequence of the last pushed row that is committed, or null. Pushed rows are committed in order, so all before it are there too.</summary>
    internal long? PushedThrough() => _log.PushedThrough();

    /// <summary>Gives out ingest sequence numbers that are greater than all that commits and this process have given out before.</summary>
    /// <param name="kind">What the rows come by.</param>
    /// <param name="count">How many.</param>
    /// <param name="above">A number that all of them are greater than.</param>
    /// <returns>The first; the others follow in steps of <see cref="IngestSequences.Step"/>.</returns>
    internal long ReserveSequences(OfflineCommitKind kind, long count, long above)
    {
        var committed = _log.Last()?.LastSequence ?? 0;
        lock (_sequenceGate)
        {
            var first = IngestSequences.AtLeast(kind, Math.Max(Microseconds.FromRequestTime(_time.GetUtcNow()), Math.Max(above, Math.Max(committed, _lastReserved)) + 1));
            _lastReserved = IngestSequences.Last(first, count);
            return first;
        }
    }

    internal OfflineCommit? FindBatch(string batchId) => _log.FindBatch(batchId);

    /// <summary>The rows as of a commit.</summary>
    /// <param name="commit">Number of the commit; null for the newest.</param>
    /// <exception cref="Mlp.Runtime.CorruptFileException">A commit or a data file is damaged.</exception>
    internal OfflineSnapshot GetSnapshot(long? commit = null)
    {
        var commits = _log.Refresh();
        var last = commit ?? commits.Count;
        if (last < 0 || last > commits.Count)
        {
            throw new ArgumentOutOfRangeException(nameof(commit), last, $"Expected a commit of {Definition} from 0 to {commits.Count}.");
        }

        var files = new Dictionary<string, OfflineFile>(StringComparer.Ordinal);
        foreach (var one in commits.Take((int)last))
        {
            foreach (var removed in one.Removed)
            {
                files.Remove(removed);
            }

            foreach (var added in one.Added)
            {
                files.Add(added.Path, added);
            }
        }

        var snapshot = new OfflineSnapshot(Definition, _folder, last, [.. files.Values], _verified, _readable);
        snapshot.Verify();
        return snapshot;
    }

    /// <summary>Creates the staging table in a session.</summary>
    /// <param name="session">The session.</param>
    /// <param name="withSequences">Whether the rows bring their ingest sequence, as pushed rows do.</param>
    internal void CreateStaging(DuckDbSession session, bool withSequences = false)
        => session.Execute($"CREATE TEMP TABLE {StagingTable} ({string.Join(", ", (withSequences ? Columns(Definition) : Sql.StoredColumns(Definition)).Select(c => $"{Sql.Name(c.Name)} {c.Type}"))})");

    /// <summary>Makes the staged rows part of the view. When the task completes they are on the device.</summary>
    /// <param name="session">Holds the staging table.</param>
    /// <param name="batchId">Names the source batch.</param>
    /// <param name="cancellationToken">Gives up; nothing is committed then.</param>
    /// <param name="sequences">First and last sequence of pushed rows, which bring theirs; null for an ingest, whose rows get them here.</param>
    /// <returns>The commit, and whether it is an earlier one of the same batch.</returns>
    internal (OfflineCommit Commit, bool Repeated) Append(
        DuckDbSession session, string batchId, CancellationToken cancellationToken, (long First, long Last)? sequences = null)
    {
        var rows = session.QueryInt64($"SELECT count(*) FROM {StagingTable}");
        var nullKeys = rows == 0
            ? 0
            : session.QueryInt64($"SELECT count(*) FROM {StagingTable} WHERE {string.Join(" OR ", Definition.Keys.Select(k => $"{Sql.Name(k.Name)} IS NULL"))}");
        IReadOnlyList<OfflineFile> files = [];
        long firstSequence = 0;
        while (true)
        {
            if (_log.FindBatch(batchId) is { } earlier)
            {
                Delete(files);
                return (earlier, true);
            }

            var (last, lastIngested) = _log.LastOfIngests();
            if (sequences is null ? firstSequence <= lastIngested : firstSequence == 0)
            {
                // The first round, or another process has committed an ingest meanwhile and given out the sequences that stand in our files. Pushes have numbers of their own.
                Delete(files);
                firstSequence = sequences?.First ?? ReserveSequences(OfflineCommitKind.Ingest, rows, lastIngested);
                files = WriteFiles(session, rows, sequences is null ? firstSequence : null, cancellationToken);
            }

            var commit = new OfflineCommit
            {
                Number = (last?.Number ?? 0) + 1,
                Kind = sequences is null ? OfflineCommitKind.Ingest : OfflineCommitKind.Push,
                BatchId = batchId,
                CommittedTime = Microseconds.FromRequestTime(_time.GetUtcNow()),
                RowCount = rows,
                NullKeyRowCount = nullKeys,
                FirstSequence = firstSequence,
                LastSequence = Math.Max(last?.LastSequence ?? 0, rows == 0 ? 0 : sequences?.Last ?? IngestSequences.Last(firstSequence, rows)),
                PushedThrough = sequences?.Last,
                Added = files,
            };
            cancellationToken.ThrowIfCancellationRequested();
            if (files.Any(f => !File.Exists(FullPath(f))))
            {
                // An owner that opened meanwhile took them for left behind: this ingest has outlived the grace time.
                firstSequence = 0;
                continue;
            }

            DurableFile.CreateDirectories(_disk, _log.Folder);
            if (_log.TryAdd(_disk, commit))
            {
                return (commit, false);
            }
        }
    }

    /// <summary>Removes what an interrupted ingest left behind: data files of no commit and unfinished files, if they have not been touched for a while.</summary>
    /// <param name="grace">How long an ingest may take.</param>
    /// <returns>Number of files removed.</returns>
    internal int RemoveUncommitted(TimeSpan grace)
    {
        if (!Directory.Exists(_folder))
        {
            return 0;
        }

        var limit = _time.GetUtcNow().UtcDateTime - grace;
        _log.Refresh();
        var removed = 0;
        foreach (var path in Directory.EnumerateFiles(_folder, "*", SearchOption.AllDirectories))
        {
            var relative = Path.GetRelativePath(_folder, path).Replace(Path.DirectorySeparatorChar, '/');
            var isData = relative.EndsWith(".parquet", StringComparison.Ordinal) && !_log.Knows(relative);
            if ((isData || DurableFile.IsTemporary(path)) && File.GetLastWriteTimeUtc(path) < limit)
            {
                File.Delete(path);
                removed++;
            }
        }

        return removed;
    }

    /// <summary>
    /// Writes the staged rows, whole days together until a file has enough rows, and makes the files durable. A file lies under the date of its earliest row.
    /// </summary>
    private List<OfflineFile> WriteFiles(DuckDbSession session, long rows, long? firstSequence, CancellationToken cancellationToken)
    {
        var files = new List<OfflineFile>();
        if (rows == 0)
        {
            return files;
        }

        var eventTime = Sql.Name(FeatureViewDefinition.StoredEventTime);
        var days = session.Query($"SELECT epoch_us(date_trunc('day', {eventTime})), count(*) FROM {StagingTable} GROUP BY 1 ORDER BY 1");
        var select = string.Join(", ", Columns(Definition).Select(c => c.Name == FeatureViewDefinition.StoredSequence && firstSequence is not null
            ? string.Create(CultureInfo.InvariantCulture, $"({firstSequence} + {IngestSequences.Step} * rowid)::BIGINT AS {Sql.Name(c.Name)}")
            : Sql.Name(c.Name)));
        try
        {
            for (var start = 0; start < days.Count;)
            {
                var end = start;
                for (long count = 0; end < days.Count && count < _targetFileRows; end++)
                {
                    count += (long)days[end][1]!;
                }

                cancellationToken.ThrowIfCancellationRequested();
                var from = (long)days[start][0]!;
                var bound = end < days.Count ? string.Create(CultureInfo.InvariantCulture, $" AND epoch_us({eventTime}) < {days[end][0]}") : string.Empty;
                var where = days.Count == 1 ? string.Empty : string.Create(CultureInfo.InvariantCulture, $" WHERE epoch_us({eventTime}) >= {from}{bound}");
                files.Add(WriteFile(session, select, where, from, firstSequence, cancellationToken));
                start = end;
            }
        }
        catch
        {
            Delete(files);
            throw;
        }

        return files;
    }

    private OfflineFile WriteFile(DuckDbSession session, string select, string where, long day, long? firstSequence, CancellationToken cancellationToken)
    {
        var date = Microseconds.ToDateTimeOffset(day).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        var relative = $"data/date={date}/{Guid.NewGuid():D}.parquet";
        var path = Path.Combine(_folder, relative.Replace('/', Path.DirectorySeparatorChar));
        var folder = Path.GetDirectoryName(path)!;
        DurableFile.CreateDirectories(_disk, folder);
        try
        {
            session.Execute($"COPY (SELECT {select} FROM {StagingTable}{where} ORDER BY rowid) TO {Sql.Text(path)} ({OfflineFileFormat.CopyOptions(Definition)})", cancellationToken);
            _disk.SyncFile(path);
            _disk.SyncDirectory(folder);
        }
        catch
        {
            File.Delete(path);
            throw;
        }

        var eventTime = Sql.Name(FeatureViewDefinition.StoredEventTime);
        var created = Sql.Name(FeatureViewDefinition.StoredCreatedTime);
        var sequence = firstSequence is null ? Sql.Name(FeatureViewDefinition.StoredSequence) : "rowid";
        var row = session.Query(
            $"SELECT count(*), epoch_us(min({eventTime})), epoch_us(max({eventTime})), epoch_us(min({created})), epoch_us(max({created})), min({sequence}), max({sequence}) FROM {StagingTable}{where}")[0];
        var facts = Array.ConvertAll(row, fact => (long)fact!);
        var (low, high) = firstSequence is { } first ? (IngestSequences.Last(first, facts[5] + 1), IngestSequences.Last(first, facts[6] + 1)) : (facts[5], facts[6]);
        return new OfflineFile(relative, facts[0], facts[1], facts[2], facts[3], facts[4], low, high, new FileInfo(path).Length) { XxHash128 = VerifiedFiles.HashOf(path) };
    }

    private void Delete(IReadOnlyList<OfflineFile> files)
    {
        foreach (var file in files)
        {
            // No commit names it, so a file that stays costs space and nothing else.
            File.Delete(FullPath(file));
        }
    }

    private string FullPath(OfflineFile file) => Path.Combine(_folder, file.Path.Replace('/', Path.DirectorySeparatorChar));
}
