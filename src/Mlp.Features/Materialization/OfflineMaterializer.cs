using System.Globalization;
using Apache.Arrow;
using DuckDB.NET.Data;
using Microsoft.Extensions.Logging;
using Mlp.Features.Definitions;
using Mlp.Features.Interop;
using Mlp.Features.Offline;
using Mlp.Features.Online;
using Mlp.Runtime;
using Mlp.Runtime.Data;

namespace Mlp.Features.Materialization;

/// <summary>
/// Brings the latest visible row of every entity from the offline into the online store. It goes by commits, not by times: rows that came late are in new commits, and so are not missed.
/// A row that fits on no page of the online store is passed over. Not thread-safe: one for each materialization.
/// </summary>
/// <param name="offline">The offline store.</param>
/// <param name="file">Keeps how far it is.</param>
/// <param name="logger">Hears of rows that are passed over.</param>
internal sealed class OfflineMaterializer(OfflineStore offline, MaterializationFile file, ILogger logger)
{
    /// <summary>After how many rows the place is kept.</summary>
    internal const int RowsPerSave = 16_384;

    private const int FrameLength = 1 << 20;
    private const string Latest = "latest_rows";
    private const string Hash = "__mlp_hash";

    // How often it begins anew, because files of the newest commit were removed while they were read.
    private const int Attempts = 20;

    private PassedOverRows _passedOver = new(int.MaxValue);

    /// <summary>Materializes a view.</summary>
    /// <param name="definition">The view.</param>
    /// <param name="view">The same view as the online store knows it.</param>
    /// <param name="store">The online store.</param>
    /// <param name="asOf">Rows with an event time or a created time after it are left out, microseconds.</param>
    /// <param name="range">Event times of a back-fill, which looks at all commits and does not count as materialized; null for all rows that are new since the last time.</param>
    /// <param name="progress">Hears how far it is.</param>
    /// <param name="cancellationToken">Gives up; what was brought over stays, and the next call goes on.</param>
    internal async Task<MaterializationResult> RunAsync(
        FeatureViewDefinition definition, OnlineView view, OnlineStore store, long asOf, EventTimeRange? range, IProgress<MaterializationProgress>? progress, CancellationToken cancellationToken)
    {
        var source = offline.Open(definition);
        _passedOver = new PassedOverRows(store.Rows.MaximumRecordLength);
        var mark = range is null ? store.FindMark(view.Id) ?? default : default;
        var (firstCommit, rowCount) = (mark.Commit + 1, 0L);
        if (FindInterrupted(mark, asOf, range) is { } interrupted)
        {
            (var brought, mark) = await ResumeAsync(source, definition, view, store, interrupted, mark, progress, cancellationToken).ConfigureAwait(false);
            rowCount += brought;
        }

        for (var attempt = 1; ; attempt++)
        {
            var last = source.LastCommit()?.Number ?? 0;
            if (last <= mark.Commit && !mark.HasLaterRows)
            {
                file.Delete();
                return Describe(last);
            }

            var snapshot = source.GetSnapshot();
            var passedOver = _passedOver.Count;
            using var session = offline.OpenSession();
            try
            {
                var pass = new MaterializationPass(mark, snapshot.Commit, asOf, range, Position: 0);
                rowCount += (await BringAsync(session, definition, view, store, pass, snapshot, progress, cancellationToken).ConfigureAwait(false)).RowCount;
                return Describe(snapshot.Commit);
            }
            catch (Exception e) when (e is DuckDBException or CorruptFileException && attempt < Attempts && source.IsOutdated(snapshot, mayExpire: false))
            {
                // Files were removed while they were read. Rows that were brought over change nothing when they come again.
                _passedOver.GoBackTo(passedOver);
            }
            catch (DuckDBException e)
            {
                throw OfflineStore.Explain(e, session, [snapshot]);
            }
        }

        MaterializationResult Describe(long lastCommit)
        {
            WarnOfPassedOver(definition, source, lastCommit);
            return new(definition.Name, definition.Version, firstCommit, lastCommit, rowCount, Microseconds.ToDateTimeOffset(asOf)) { PassedOverRowCount = _passedOver.Count };
        }
    }

    private void WarnOfPassedOver(FeatureViewDefinition definition, OfflineView source, long lastCommit)
    {
        if (_passedOver.Count == 0)
        {
            return;
        }

        var first = _passedOver.FindFirst(source.Commits()) is { } found
            ? string.Create(CultureInfo.InvariantCulture, $"row {found.Row} of commit {found.Commit}")
            : string.Create(CultureInfo.InvariantCulture, $"a row up to commit {lastCommit}");
        logger.LogWarning(
            "Expected rows of at most {MaximumLength} bytes, so that they fit on a page of the online store, but {Count} of {View} are longer and were passed over, the first of them {First}: their entities read what they read before.",
            _passedOver.MaximumLength,
            _passedOver.Count,
            definition,
            first);
    }

    private MaterializationPass? FindInterrupted(MaterializationMark mark, long asOf, EventTimeRange? range)
    {
        if (!file.Exists)
        {
            return null;
        }

        using var session = offline.OpenSession();
        return file.Find(EngineOf(session)) is { } pass && pass.AsOf <= asOf && (range is not null || pass.Since == mark) ? pass : null;
    }

    /// <summary>Goes on with an interrupted pass, over the same commit, so that the rows before its place are those that were brought over.</summary>
    private async Task<(long RowCount, MaterializationMark Mark)> ResumeAsync(
        OfflineView source,
        FeatureViewDefinition definition,
        OnlineView view,
        OnlineStore store,
        MaterializationPass pass,
        MaterializationMark mark,
        IProgress<MaterializationProgress>? progress,
        CancellationToken cancellationToken)
    {
        OfflineSnapshot? snapshot = null;
        using var session = offline.OpenSession();
        try
        {
            snapshot = source.GetSnapshot(pass.Commit);
            return await BringAsync(session, definition, view, store, pass, snapshot, progress, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is OfflineCommitExpiredException or ArgumentOutOfRangeException || (e is DuckDBException or CorruptFileException && snapshot is not null && IsGone(source, snapshot)))
        {
            // The commit cannot be read any more: all of it comes again.
            _passedOver.GoBackTo(0);
            return (0, mark);
        }
        catch (DuckDBException e)
        {
            throw OfflineStore.Explain(e, session, [snapshot!]);
        }
    }

    private static bool IsGone(OfflineView source, OfflineSnapshot snapshot)
    {
        try
        {
            return source.IsOutdated(snapshot, mayExpire: true);
        }
        catch (OfflineCommitExpiredException)
        {
            return true;
        }
    }

    private async Task<(long RowCount, MaterializationMark Mark)> BringAsync(
        DuckDbSession session,
        FeatureViewDefinition definition,
        OnlineView view,
        OnlineStore store,
        MaterializationPass pass,
        OfflineSnapshot snapshot,
        IProgress<MaterializationProgress>? progress,
        CancellationToken cancellationToken)
    {
        var (relation, hasLaterRows) = CreateRelation(session, snapshot, pass.Since, pass.AsOf);
        var due = $"greatest(epoch_us({Sql.Name(FeatureViewDefinition.StoredEventTime)}), epoch_us({Sql.Name(FeatureViewDefinition.StoredCreatedTime)}))";
        var limit = string.Create(CultureInfo.InvariantCulture, $"{due} <= {pass.AsOf}");
        var inRange = pass.Range is { } range ? range.Condition : "true";
        session.Execute($"CREATE TEMP TABLE {Latest} AS {SelectLatest(definition, relation, $"{limit} AND {inRange}")}", cancellationToken);
        hasLaterRows |= session.QueryInt64($"SELECT count(*) FROM (SELECT 1 FROM {relation} WHERE NOT ({limit}) AND {inRange} LIMIT 1)") > 0;

        var rest = string.Create(CultureInfo.InvariantCulture, $"{Hash} >= {pass.Position}::UBIGINT");
        var total = session.QueryInt64($"SELECT count(*) FROM {Latest}");
        var before = total - session.QueryInt64($"SELECT count(*) FROM {Latest} WHERE {rest}");
        var (rowCount, saved) = (0L, 0L);
        var passedOver = _passedOver.Count;
        var engine = EngineOf(session);
        await foreach (var batch in session.QueryArrowAsync($"SELECT * FROM {Latest} WHERE {rest} ORDER BY {Hash}", isStreamed: true, cancellationToken).ConfigureAwait(false))
        {
            using (batch)
            {
                var rows = new StoredRows(definition, batch, hasSequences: true);
                var passedOverBefore = _passedOver.Count;
                foreach (var frame in BatchPush.Encode(definition, view, rows, PushTargets.Online, createdTime: null, FrameLength, _passedOver))
                {
                    await store.WriteAsync(frame, assignSequences: false, cancellationToken).ConfigureAwait(false);
                }

                rowCount += rows.Count;
                OnlineMetrics.PassedOverRows.Add(_passedOver.Count - passedOverBefore);
                OnlineMetrics.MaterializedRows.Add(rows.Count - (_passedOver.Count - passedOverBefore));
                if (rowCount - saved >= RowsPerSave)
                {
                    // Of the rows with this hash some may still come.
                    file.Save(pass with { Position = ((UInt64Array)batch.Column(batch.ColumnCount - 1)).GetValue(batch.Length - 1)!.Value }, engine);
                    saved = rowCount;
                }

                progress?.Report(new MaterializationProgress(before + rowCount, total));
            }
        }

        var mark = new MaterializationMark(pass.Commit, pass.AsOf, hasLaterRows);
        if (pass.Range is null)
        {
            await store.SetMarkAsync(view.Id, mark).ConfigureAwait(false);
        }

        file.Delete();
        return (rowCount - (_passedOver.Count - passedOver), mark);
    }

    private static string EngineOf(DuckDbSession session) => (string)session.Query("SELECT version()")[0][0]!;

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
        return $"SELECT {columns}, hash({string.Join(", ", keys)}) AS {Hash} FROM (SELECT * FROM {relation} WHERE {limit} AND {string.Join(" AND ", keys.Select(key => $"{key} IS NOT NULL"))} "
            + $"QUALIFY row_number() OVER (PARTITION BY {string.Join(", ", keys)} ORDER BY {order}) = 1)";
    }
}
