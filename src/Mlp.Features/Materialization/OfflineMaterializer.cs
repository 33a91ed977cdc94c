using System.Globalization;
using DuckDB.NET.Data;
using Mlp.Features.Definitions;
using Mlp.Features.Interop;
using Mlp.Features.Offline;
using Mlp.Features.Online;
using Mlp.Runtime;
using Mlp.Runtime.Data;

namespace Mlp.Features.Materialization;

/// <summary>
/// Brings the latest visible row of every entity from the offline into the online store. It goes by commits, not by times: rows that came late are in new commits, and so are not missed.
/// Thread-safe.
/// </summary>
/// <param name="offline">The offline store.</param>
internal sealed class OfflineMaterializer(OfflineStore offline)
{
    private const int FrameLength = 1 << 20;

    // How often it begins anew, because files of the newest commit were removed while they were read.
    private const int Attempts = 20;

    /// <summary>Materializes a view.</summary>
    /// <param name="definition">The view.</param>
    /// <param name="view">The same view as the online store knows it.</param>
    /// <param name="store">The online store.</param>
    /// <param name="asOf">Rows with an event time or a created time after it are left out, microseconds.</param>
    /// <param name="progress">Gets the number of rows brought over so far.</param>
    /// <param name="cancellationToken">Gives up; what was brought over stays, and the next call starts from where this one did.</param>
    internal async Task<MaterializationResult> RunAsync(
        FeatureViewDefinition definition, OnlineView view, OnlineStore store, long asOf, IProgress<long>? progress, CancellationToken cancellationToken)
    {
        var source = offline.Open(definition);
        var mark = store.FindMark(view.Id) ?? default;
        for (var attempt = 1; ; attempt++)
        {
            var last = source.LastCommit()?.Number ?? 0;
            if (last <= mark.Commit && !mark.HasLaterRows)
            {
                return Describe(0);
            }

            var snapshot = source.GetSnapshot();
            last = snapshot.Commit;
            using var session = offline.OpenSession();
            try
            {
                return Describe(await BringAsync(session, definition, view, store, asOf, mark, snapshot, progress, cancellationToken).ConfigureAwait(false));
            }
            catch (Exception e) when (e is DuckDBException or CorruptFileException && attempt < Attempts && source.IsOutdated(snapshot, mayExpire: false))
            {
                // Files were removed while they were read. Rows that were brought over change nothing when they come again.
            }
            catch (DuckDBException e)
            {
                throw OfflineStore.Explain(e, session, [snapshot]);
            }

            MaterializationResult Describe(long rowCount) => new(definition.Name, definition.Version, mark.Commit + 1, last, rowCount, Microseconds.ToDateTimeOffset(asOf));
        }
    }

    private static async Task<long> BringAsync(
        DuckDbSession session,
        FeatureViewDefinition definition,
        OnlineView view,
        OnlineStore store,
        long asOf,
        MaterializationMark mark,
        OfflineSnapshot snapshot,
        IProgress<long>? progress,
        CancellationToken cancellationToken)
    {
        var rowCount = 0L;
        var (relation, hasLaterRows) = CreateRelation(session, snapshot, mark, asOf);
        var due = $"greatest(epoch_us({Sql.Name(FeatureViewDefinition.StoredEventTime)}), epoch_us({Sql.Name(FeatureViewDefinition.StoredCreatedTime)}))";
        var limit = string.Create(CultureInfo.InvariantCulture, $"{due} <= {asOf}");
        await foreach (var batch in session.QueryArrowAsync(SelectLatest(definition, relation, limit), cancellationToken).ConfigureAwait(false))
        {
            using (batch)
            {
                var rows = new StoredRows(definition, batch, hasSequences: true);
                foreach (var frame in BatchPush.Encode(definition, view, rows, PushTargets.Online, createdTime: null, FrameLength))
                {
                    await store.WriteAsync(frame, assignSequences: false, cancellationToken).ConfigureAwait(false);
                }

                rowCount += rows.Count;
                OnlineMetrics.MaterializedRows.Add(rows.Count);
                progress?.Report(rowCount);
            }
        }

        hasLaterRows |= session.QueryInt64($"SELECT count(*) FROM (SELECT 1 FROM {relation} WHERE NOT ({limit}) LIMIT 1)") > 0;
        await store.SetMarkAsync(view.Id, new MaterializationMark(snapshot.Commit, asOf, hasLaterRows)).ConfigureAwait(false);
        return rowCount;
    }

    /// <summary>The rows of the new commits, and of the older ones those that were not visible yet; and whether files were left closed because all their rows are later still.</summary>
    private static (string Relation, bool HasLaterRows) CreateRelation(DuckDbSession session, OfflineSnapshot snapshot, MaterializationMark mark, long asOf)
    {
        // Rows that compactions and deletions wrote anew are as old as they were.
        var newer = snapshot.Select(file => file.RowsThrough > mark.Commit);
        var older = snapshot.Select(file => mark.HasLaterRows && file.RowsThrough <= mark.Commit && Math.Max(file.File.MaxEventTime, file.File.MaxCreatedTime) > mark.AsOf);
        var (newerSeen, olderSeen) = (newer.UpTo(asOf, JoinMode.CreatedTime), older.UpTo(asOf, JoinMode.CreatedTime));
        var hasLaterRows = newerSeen.Files.Count + olderSeen.Files.Count < newer.Files.Count + older.Files.Count;
        newerSeen.RequireReadable(session);
        olderSeen.RequireReadable(session);
        if (olderSeen.Files.Count == 0)
        {
            return (newerSeen.Relation(), hasLaterRows);
        }

        var time = string.Create(CultureInfo.InvariantCulture, $"make_timestamp({mark.AsOf})");
        var later = $"{Sql.Name(FeatureViewDefinition.StoredEventTime)} > {time} OR {Sql.Name(FeatureViewDefinition.StoredCreatedTime)} > {time}";
        return ($"(SELECT * FROM {newerSeen.Relation()} UNION ALL SELECT * FROM {olderSeen.Relation()} WHERE {later})", hasLaterRows);
    }

    private static string SelectLatest(FeatureViewDefinition definition, string relation, string limit)
    {
        var columns = string.Join(", ", OfflineView.Columns(definition).Select(column => column.Type == "TIMESTAMP" ? $"epoch_us({Sql.Name(column.Name)}) AS {Sql.Name(column.Name)}" : Sql.Name(column.Name)));
        var keys = definition.Keys.Select(key => Sql.Name(key.Name)).ToList();
        var order = string.Join(
            ", ",
            new[] { FeatureViewDefinition.StoredEventTime, FeatureViewDefinition.StoredCreatedTime, FeatureViewDefinition.StoredSequence }.Select(name => $"{Sql.Name(name)} DESC"));
        return $"SELECT {columns} FROM (SELECT * FROM {relation} WHERE {limit} AND {string.Join(" AND ", keys.Select(key => $"{key} IS NOT NULL"))} "
            + $"QUALIFY row_number() OVER (PARTITION BY {string.Join(", ", keys)} ORDER BY {order}) = 1)";
    }
}
