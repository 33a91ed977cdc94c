using System.Globalization;
using DuckDB.NET.Data;
using Mlp.Features.Definitions;
using Mlp.Features.Interop;
using Mlp.Runtime.Data;
using Mlp.Runtime.Storage;

namespace Mlp.Features.Offline;

/// <summary>
/// Brings the rows of many small files into few, sorted by key, event time, created time and sequence, in one commit. Of rows with one key, event time and created time only the latest is
/// kept: no question tells them apart. Ingests and pushes go on meanwhile; the files that are removed stay for a while for earlier commits and their readers.
/// </summary>
/// <param name="store">The offline store.</param>
/// <param name="view">The view.</param>
internal sealed class OfflineCompaction(OfflineStore store, OfflineView view)
{
    /// <summary>How batch ids of compactions start.</summary>
    internal const string BatchPrefix = "mlp-compaction/";

    private const int Attempts = 5;

    private static readonly string EventTime = Sql.Name(FeatureViewDefinition.StoredEventTime);
    private static readonly string CreatedTime = Sql.Name(FeatureViewDefinition.StoredCreatedTime);
    private static readonly string Sequence = Sql.Name(FeatureViewDefinition.StoredSequence);

    /// <summary>The files that a compaction would take.</summary>
    /// <param name="options">Which.</param>
    internal List<OfflineFileHistory> FindFiles(CompactionOptions options)
    {
        var limit = options.SmallFileRows ?? Math.Max(1, view.TargetFileRows / 2);
        return [.. view.Log.Files().Files.Where(file => file.IsLive && (options.IsFull || file.File.RowCount < limit))];
    }

    /// <summary>Compacts.</summary>
    /// <param name="options">Which files.</param>
    /// <param name="cancellationToken">Gives up; nothing is committed then.</param>
    internal CompactionResult Run(CompactionOptions options, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            var files = FindFiles(options);
            if (files.Count < Math.Max(options.IsFull ? 1 : 2, options.MinimumFiles))
            {
                return new CompactionResult(view.Definition.Name, view.Definition.Version, null, 0, 0, 0, 0);
            }

            if (TryRun(files, cancellationToken) is { } result)
            {
                OfflineMetrics.Compactions.Add(1);
                OfflineMetrics.CompactedFiles.Add(result.FilesBefore);
                return result;
            }

            if (attempt == Attempts)
            {
                throw new IOException($"Expected the files of {view.Definition} to stay while they are compacted, but another process removed some each of {Attempts} times. Compact in one process.");
            }
        }
    }

    private CompactionResult? TryRun(List<OfflineFileHistory> files, CancellationToken cancellationToken)
    {
        using var session = store.OpenSession();
        var snapshot = view.SnapshotOf(files);
        List<OfflineFile> written;
        long nullKeys;
        try
        {
            snapshot.RequireReadable(session);
            nullKeys = session.QueryInt64($"SELECT count(*) FROM {snapshot.Relation()} WHERE {HasNullKey}");
            written = view.Writer.WriteDays(session, snapshot.RelationBetween, Columns, KeptInOrder, cancellationToken);
        }
        catch (Exception e) when (e is DuckDBException or Runtime.CorruptFileException && view.IsOutdated(snapshot, mayExpire: false))
        {
            return null;
        }
        catch (DuckDBException e)
        {
            throw OfflineStore.Explain(e, session, [snapshot]);
        }

        var removed = files.Select(file => file.File.Path).ToList();
        var commit = view.TryCommit(
            last => new OfflineCommit
            {
                Number = last.Number + 1,
                Kind = OfflineCommitKind.Compaction,
                BatchId = $"{BatchPrefix}{Guid.NewGuid():D}",
                CommittedTime = view.Now,
                RowCount = written.Sum(file => file.RowCount),
                NullKeyRowCount = nullKeys,
                FirstSequence = 0,
                LastSequence = last.LastSequence,
                Added = written,
                Removed = removed,
            },
            () => removed.TrueForAll(path => view.Log.FindFile(path) is { IsLive: true }),
            written,
            cancellationToken);
        return commit is null
            ? null
            : new CompactionResult(view.Definition.Name, view.Definition.Version, commit.Number, files.Count, written.Count, files.Sum(file => file.File.RowCount), commit.RowCount);
    }

    private string Columns => string.Join(", ", OfflineView.Columns(view.Definition).Select(column => Sql.Name(column.Name)));

    private IEnumerable<string> Keys => view.Definition.Keys.Select(key => Sql.Name(key.Name));

    private string HasNullKey => string.Join(" OR ", Keys.Select(key => $"{key} IS NULL"));

    // A null key is no entity, so no two rows of it are one.
    private string KeptInOrder => string.Create(
        CultureInfo.InvariantCulture,
        $"QUALIFY row_number() OVER (PARTITION BY {string.Join(", ", Keys)}, {EventTime}, {CreatedTime} ORDER BY {Sequence} DESC) = 1 OR {HasNullKey} ORDER BY {string.Join(", ", Keys)}, {EventTime}, {CreatedTime}, {Sequence}");
}
