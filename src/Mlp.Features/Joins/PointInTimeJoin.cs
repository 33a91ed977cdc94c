using Apache.Arrow;
using DuckDB.NET.Data;
using Mlp.Features.Definitions;
using Mlp.Features.Interop;
using Mlp.Features.Offline;
using Mlp.Features.OnDemand;
using Mlp.Runtime.Data;

namespace Mlp.Features.Joins;

/// <summary>Joins the features of a service to rows of keys and times, so that no row sees a value from after its own time. Thread-safe.</summary>
internal sealed class PointInTimeJoin(OfflineStore store, OnDemandGoldenRows goldenRows, FeatureStoreOptions options, TimeProvider time)
{
    internal async Task<JoinedTrainingSet> JoinAsync(TrainingSetQuestion question, IAsyncEnumerable<RecordBatch> spine, CancellationToken cancellationToken)
    {
        var service = question.Service;
        var snapshots = service.Views.Where(v => v.View is not null).Select(v => Snapshot(v.View!, question)).ToList();
        using var session = store.OpenSession();
        snapshots.ForEach(snapshot => snapshot.RequireReadable(session));
        using var table = new SpineTable(session, question, goldenRows, options.TrainingSetMemoryBytes, store.Settings.TemporaryDirectory);
        await foreach (var batch in spine.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            table.Append(batch);
            GC.KeepAlive(batch);
        }

        table.Complete();
        var output = new TrainingSetComposer(service, table.Schema);
        var rows = new ArrowSpool(output.Schema, options.TrainingSetMemoryBytes, store.Settings.TemporaryDirectory);
        try
        {
            var sql = JoinSql.Build(service, snapshots, question.Mode, table.LastTime);
            var hash = await WriteAsync(table, session.QueryArrowAsync(sql, cancellationToken), output, rows, cancellationToken).ConfigureAwait(false);
            return new JoinedTrainingSet(Describe(question, snapshots, rows.RowCount, hash), rows);
        }
        catch (DuckDBException e)
        {
            rows.Dispose();
            throw OfflineStore.Explain(e, session, snapshots);
        }
        catch
        {
            rows.Dispose();
            throw;
        }
    }

    /// <summary>Puts rows of the question and rows of the answer side by side; both come in the same order, cut differently.</summary>
    private static async Task<string> WriteAsync(
        SpineTable table, IAsyncEnumerable<RecordBatch> answers, TrainingSetComposer output, ArrowSpool rows, CancellationToken cancellationToken)
    {
        using var hash = new RecordBatchHash(output.Schema);
        var spine = table.ReadAsync(cancellationToken).GetAsyncEnumerator(cancellationToken);
        await using var _ = spine.ConfigureAwait(false);
        RecordBatch? question = null;
        var taken = 0;
        await foreach (var answer in answers.ConfigureAwait(false))
        {
            using (answer)
            {
                for (var start = 0; start < answer.Length;)
                {
                    if (question is null || taken == question.Length)
                    {
                        question?.Dispose();
                        taken = 0;
                        question = await spine.MoveNextAsync().ConfigureAwait(false) ? spine.Current : throw Unequal(table.RowCount);
                        continue;
                    }

                    var count = Math.Min(answer.Length - start, question.Length - taken);
                    var composed = output.Compose(question, taken, answer, start, count, rows.RowCount);
                    hash.Append(composed);
                    rows.Append(composed);
                    start += count;
                    taken += count;
                }
            }
        }

        question?.Dispose();
        rows.Complete();
        return rows.RowCount == table.RowCount ? hash.GetHashAndReset() : throw Unequal(table.RowCount);
    }

    private static InvalidOperationException Unequal(long expected) => new($"Expected the join to return {expected} rows, but it returned another number.");

    private OfflineSnapshot Snapshot(FeatureViewDefinition view, TrainingSetQuestion question)
        => store.Open(view).GetSnapshot(question.Commits is { } commits && commits.TryGetValue(view.Name, out var commit) ? commit : null);

    private TrainingSetManifest Describe(TrainingSetQuestion question, IReadOnlyList<OfflineSnapshot> snapshots, long rowCount, string hash) => new()
    {
        FeatureService = question.Service.Description.Reference,
        Features = question.Service.Description.Layout.Columns,
        Keys = question.Service.Description.Keys,
        LabelColumns = question.LabelColumn is { } label ? [label] : [],
        TimeColumn = question.TimeColumn,
        JoinMode = question.Mode,
        Commits = [.. snapshots.Select(s => new FeatureViewCommit(s.View.Name, s.View.Version, s.View.Fingerprint, s.Commit))],
        RowCount = rowCount,
        ContentHash = hash,
        CreatedAt = time.GetUtcNow(),
    };
}
