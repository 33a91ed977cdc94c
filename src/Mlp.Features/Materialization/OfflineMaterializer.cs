using System.Globalization;
using DuckDB.NET.Data;
using Mlp.Features.Definitions;
using Mlp.Features.Interop;
using Mlp.Features.Offline;
using Mlp.Features.Online;
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
        var last = source.LastCommit()?.Number ?? 0;
        var rowCount = 0L;
        if (last > mark.Commit || mark.HasLaterRows)
        {
            using var session = offline.OpenSession();
            try
            {
                rowCount = await BringAsync(session, definition, view, store, asOf, mark, last, progress, cancellationToken).ConfigureAwait(false);
            }
            catch (DuckDBException e)
            {
                throw OfflineStore.Explain(e, session, [source.GetSnapshot(last)]);
            }
        }

        return new MaterializationResult(definition.Name, definition.Version, mark.Commit + 1, last, rowCount, Microseconds.ToDateTimeOffset(asOf));
    }

    private async Task<long> BringAsync(
        DuckDbSession session,
        FeatureViewDefinition definition,
        OnlineView view,
        OnlineStore store,
        long asOf,
        MaterializationMark mark,
        long last,
        IProgress<long>? progress,
        CancellationToken cancellationToken)
    {
        var rowCount = 0L;
        var relation = CreateRelation(session, offline.Open(definition), mark, last);
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

        var later = session.QueryInt64($"SELECT count(*) FROM (SELECT 1 FROM {relation} WHERE NOT ({limit}) LIMIT 1)");
        await store.SetMarkAsync(view.Id, new MaterializationMark(last, asOf, later > 0)).ConfigureAwait(false);
        return rowCount;
    }

    /// <summary>The rows of the new commits; and of the older ones those that were not visible yet.</summary>
    private static string CreateRelation(DuckDbSession session, OfflineView source, MaterializationMark mark, long last)
    {
        var all = source.GetSnapshot(last);
        all.RequireReadable(session);
        if (mark.Commit == 0)
        {
            return all.Relation();
        }

        // A file that an older commit added holds old rows. One that a newer commit has rewritten counts as new, which costs time and nothing else.
        var old = source.Commits().TakeWhile(commit => commit.Number <= mark.Commit).SelectMany(commit => commit.Added).Select(file => file.Path).ToHashSet(StringComparer.Ordinal);
        var newer = all.Select(file => !old.Contains(file.Path)).Relation();
        if (!mark.HasLaterRows)
        {
            return newer;
        }

        var time = string.Create(CultureInfo.InvariantCulture, $"make_timestamp({mark.AsOf})");
        var later = $"{Sql.Name(FeatureViewDefinition.StoredEventTime)} > {time} OR {Sql.Name(FeatureViewDefinition.StoredCreatedTime)} > {time}";
        return $"(SELECT * FROM {newer} UNION ALL SELECT * FROM {all.Select(file => old.Contains(file.Path)).Relation()} WHERE {later})";
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
