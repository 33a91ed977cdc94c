using System.Collections.Concurrent;
using System.Globalization;
using Mlp.Features.Definitions;
using Mlp.Features.Interop;
using Mlp.Runtime;
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
    private readonly OfflineFileWriter _writer;
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
        _writer = new OfflineFileWriter(view, _folder, targetFileRows, disk);
        Expiry = new OfflineExpiry(this);
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

    /// <summary>The rows as of a commit. Rows that were deleted since are not among them.</summary>
    /// <param name="commit">Number of the commit; null for the newest.</param>
    /// <exception cref="OfflineCommitExpiredException">Files of the commit have been removed since.</exception>
    /// <exception cref="Mlp.Runtime.CorruptFileException">A commit or a data file is damaged.</exception>
    internal OfflineSnapshot GetSnapshot(long? commit = null)
    {
        while (true)
        {
            var (last, files) = _log.Files();
            var newest = last?.Number ?? 0;
            var number = commit ?? newest;
            if (number < 0 || number > newest)
            {
                throw new ArgumentOutOfRangeException(nameof(commit), string.Create(CultureInfo.InvariantCulture, $"Expected a commit of {Definition} from 0 to {newest}, but found {number}."));
            }

            var snapshot = new OfflineSnapshot(Definition, _folder, number, [.. files.Where(file => file.IsAt(number))], _verified, _readable);
            try
            {
                snapshot.Verify();
                return snapshot;
            }
            catch (CorruptFileException)
            {
                // Another process may have removed a file meanwhile.
                if (!IsOutdated(snapshot, mayExpire: commit is not null))
                {
                    throw;
                }
            }
        }
    }

    /// <summary>Whether files of a snapshot are gone because a later commit removed or erased them, so that reading anew helps.</summary>
    /// <param name="snapshot">A snapshot whose files could not be read.</param>
    /// <param name="mayExpire">Whether it was asked for by its number, so that its commit may have expired.</param>
    /// <exception cref="OfflineCommitExpiredException">Reading anew does not help.</exception>
    internal bool IsOutdated(OfflineSnapshot snapshot, bool mayExpire)
    {
        foreach (var file in snapshot.Files.Where(file => !File.Exists(_writer.PathOf(file.Path))))
        {
            switch (_log.FindFile(file.Path))
            {
                case { ErasedBy: not null }:
                    return true;
                case { RemovedBy: { } by } when mayExpire:
                    throw new OfflineCommitExpiredException(Definition, snapshot.Commit, by);
                case { RemovedBy: not null }:
                    return true;
            }
        }

        return false;
    }

    /// <summary>The last commit that was made at a time or before; 0 if none was.</summary>
    /// <param name="time">Microseconds.</param>
    internal long CommitAt(long time) => _log.Refresh().LastOrDefault(commit => commit.CommittedTime <= time)?.Number ?? 0;

    /// <summary>Some files of the view as a snapshot.</summary>
    /// <param name="files">The files.</param>
    internal OfflineSnapshot SnapshotOf(IEnumerable<OfflineFileHistory> files) => new(Definition, _folder, _log.Last()?.Number ?? 0, [.. files], _verified, _readable);

    /// <summary>Publishes a commit that puts files in the place of others. When it is returned it is on the device.</summary>
    /// <param name="create">Makes the commit behind the newest one.</param>
    /// <param name="isCurrent">Whether the files that it takes out are still what they were.</param>
    /// <param name="written">The files that it adds.</param>
    /// <param name="cancellationToken">Gives up; the written files are deleted.</param>
    /// <returns>The commit; null when another one got in the way, and then the written files are deleted.</returns>
    internal OfflineCommit? TryCommit(Func<OfflineCommit, OfflineCommit> create, Func<bool> isCurrent, IReadOnlyList<OfflineFile> written, CancellationToken cancellationToken)
    {
        while (true)
        {
            // The commit's number is free only if nothing was committed since, so what is checked in between holds.
            var last = _log.Last()!;
            if (cancellationToken.IsCancellationRequested || !isCurrent() || !_writer.AreThere(written))
            {
                _writer.Delete(written);
                cancellationToken.ThrowIfCancellationRequested();
                return null;
            }

            var commit = create(last);
            if (_log.TryAdd(_disk, commit))
            {
                return commit;
            }
        }
    }

    /// <summary>Removes files that are needed no more.</summary>
    internal OfflineExpiry Expiry { get; }

    /// <summary>What compaction, deletion and expiry work with.</summary>
    internal OfflineFileWriter Writer => _writer;

    internal OfflineLog Log => _log;

    internal IDiskSync Disk => _disk;

    internal long TargetFileRows => _targetFileRows;

    /// <summary>The time now, microseconds.</summary>
    internal long Now => Microseconds.FromRequestTime(_time.GetUtcNow());

    /// <summary>Creates the staging table in a session.</summary>
    /// <param name="session">The session.</param>
    /// <param name="withSequences">Whether the rows bring their ingest sequence, as pushed rows do.</param>
    internal void CreateStaging(DuckDbSession session, bool withSequences = false)
        => session.Execute($"CREATE TEMP TABLE {StagingTable} ({string.Join(", ", (withSequences ? Columns(Definition) : Sql.StoredColumns(Definition)).Select(c => $"{Sql.Name(c.Name)} {c.Type}"))})");

    /// <summary>Makes the staged rows part of the view. When the task completes they are on the device.</summary>
    /// <param name="session">Holds the staging table.</param>
    /// <param name="batchId">Names the source batch.</param>
    /// <param name="cancellationToken">Gives up; nothing is committed then.</param>
    /// <param name="sequences">First and last sequence of rows that bring theirs; null for an ingest, whose rows get them here.</param>
    /// <param name="kind">What the commit is for; null for rows that are pushed if they bring sequences, and an ingest otherwise.</param>
    /// <returns>The commit, and whether it is an earlier one of the same batch.</returns>
    internal (OfflineCommit Commit, bool Repeated) Append(
        DuckDbSession session, string batchId, CancellationToken cancellationToken, (long First, long Last)? sequences = null, OfflineCommitKind? kind = null)
    {
        kind ??= sequences is null ? OfflineCommitKind.Ingest : OfflineCommitKind.Push;
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
                _writer.Delete(files);
                return (earlier, true);
            }

            var (last, lastIngested) = _log.LastOfIngests();
            if (sequences is null ? firstSequence <= lastIngested : firstSequence == 0)
            {
                // The first round, or another process has committed an ingest meanwhile and given out the sequences that stand in our files. Pushes have numbers of their own.
                _writer.Delete(files);
                firstSequence = sequences?.First ?? ReserveSequences(OfflineCommitKind.Ingest, rows, lastIngested);
                files = WriteFiles(session, rows, sequences is null ? firstSequence : null, cancellationToken);
            }

            var commit = new OfflineCommit
            {
                Number = (last?.Number ?? 0) + 1,
                Kind = kind.Value,
                BatchId = batchId,
                CommittedTime = Microseconds.FromRequestTime(_time.GetUtcNow()),
                RowCount = rows,
                NullKeyRowCount = nullKeys,
                FirstSequence = firstSequence,
                LastSequence = Math.Max(last?.LastSequence ?? 0, rows == 0 ? 0 : sequences?.Last ?? IngestSequences.Last(firstSequence, rows)),
                PushedThrough = kind == OfflineCommitKind.Push ? sequences?.Last : null,
                Added = files,
            };
            cancellationToken.ThrowIfCancellationRequested();
            if (!_writer.AreThere(files))
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
            var isData = relative.EndsWith(".parquet", StringComparison.Ordinal) && _log.FindFile(relative) is null;
            if ((isData || DurableFile.IsTemporary(path)) && File.GetLastWriteTimeUtc(path) < limit)
            {
                File.Delete(path);
                removed++;
            }
        }

        return removed;
    }

    private List<OfflineFile> WriteFiles(DuckDbSession session, long rows, long? firstSequence, CancellationToken cancellationToken)
    {
        if (rows == 0)
        {
            return [];
        }

        var select = string.Join(", ", Columns(Definition).Select(c => c.Name == FeatureViewDefinition.StoredSequence && firstSequence is not null
            ? string.Create(CultureInfo.InvariantCulture, $"({firstSequence} + {IngestSequences.Step} * rowid)::BIGINT AS {Sql.Name(c.Name)}")
            : Sql.Name(c.Name)));
        return _writer.WriteDays(session, (_, _) => StagingTable, select, "ORDER BY rowid", cancellationToken);
    }
}
