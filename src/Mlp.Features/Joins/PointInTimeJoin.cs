using System.Runtime.ExceptionServices;
using Apache.Arrow;
using DuckDB.NET.Data;
using Mlp.Features.Definitions;
using Mlp.Features.Interop;
using Mlp.Features.Offline;
using Mlp.Features.OnDemand;
using Mlp.Runtime;
using Mlp.Runtime.Data;

namespace Mlp.Features.Joins;

/// <summary>Joins the features of a service to rows of keys and times, so that no row sees a value from after its own time. Thread-safe.</summary>
internal sealed class PointInTimeJoin(OfflineStore store, OnDemandGoldenRows goldenRows, FeatureStoreOptions options, TimeProvider time)
{
    // How often an answer may be begun anew, because files of the newest commit were removed while they were read.
    private const int Attempts = 20;

    internal async Task<JoinedTrainingSet> JoinAsync(TrainingSetQuestion question, IAsyncEnumerable<RecordBatch> spine, CancellationToken cancellationToken)
    {
        // Before the rows come, so that a commit that cannot be read is refused at once, and the set is of the time of the call.
        var snapshots = Snapshots(question);
        using var session = store.OpenSession();
        using var table = new SpineTable(session, question, goldenRows, options.TrainingSetMemoryBytes, store.Settings.TemporaryDirectory);
        await foreach (var batch in spine.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            table.Append(batch);
            GC.KeepAlive(batch);
        }

        table.Complete();
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await AnswerAsync(question, session, table, snapshots, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (e is DuckDBException or CorruptFileException)
            {
                if (attempt == Attempts || !AreOutdated(snapshots, question))
                {
                    ExceptionDispatchInfo.Throw(e is DuckDBException failure ? OfflineStore.Explain(failure, session, snapshots) : e);
                }

                snapshots = Snapshots(question);
            }
        }
    }

    private async Task<JoinedTrainingSet> AnswerAsync(
        TrainingSetQuestion question, DuckDbSession session, SpineTable table, IReadOnlyList<OfflineSnapshot> snapshots, CancellationToken cancellationToken)
    {
        var pruned = snapshots.Select(snapshot => snapshot.UpTo(table.LastTime, question.Mode)).ToList();
        pruned.ForEach(snapshot => snapshot.RequireReadable(session));
        var output = new TrainingSetComposer(question.Service, table.Schema, goldenRows);
        var rows = new ArrowSpool(output.Schema, options.TrainingSetMemoryBytes, store.Settings.TemporaryDirectory);
        try
        {
            var sql = JoinSql.Build(question.Service, pruned, question.Mode, table.RowCount, table.FirstTime, table.LastTime);
            var (hash, spineHash) = await WriteAsync(table, session.QueryArrowAsync(sql, cancellationToken), output, rows, cancellationToken).ConfigureAwait(false);
            var spine = new TrainingSetSpine([.. table.Schema.FieldsList.Select(field => field.Name)], spineHash);
            return new JoinedTrainingSet(Describe(question, snapshots, rows.RowCount, hash, spine), rows);
        }
        catch
        {
            rows.Dispose();
            throw;
        }
    }

    /// <summary>Puts rows of the question and rows of the answer side by side; both come in the same order, cut differently.</summary>
    private static async Task<(string Whole, string Spine)> WriteAsync(
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
        return rows.RowCount == table.RowCount ? hash.GetHashesAndReset(output.SpineColumns) : throw Unequal(table.RowCount);
    }

    private static InvalidOperationException Unequal(long expected) => new($"Expected the join to return {expected} rows, but it returned another number.");

    private List<OfflineSnapshot> Snapshots(TrainingSetQuestion question)
    {
        var views = question.Service.Views.Where(v => v.View is not null).Select(v => v.View!).ToList();
        var snapshots = views.Distinct().ToDictionary(view => view, view => store.Open(view).GetSnapshot(question.CommitOf(view)));
        return views.ConvertAll(view => snapshots[view]);
    }

    private bool AreOutdated(IEnumerable<OfflineSnapshot> snapshots, TrainingSetQuestion question)
        => snapshots.Any(snapshot => store.Open(snapshot.View).IsOutdated(snapshot, mayExpire: question.CommitOf(snapshot.View) is not null));

    private TrainingSetManifest Describe(TrainingSetQuestion question, IReadOnlyList<OfflineSnapshot> snapshots, long rowCount, string hash, TrainingSetSpine spine) => new()
    {
        FeatureService = question.Service.Description.Reference,
        Features = question.Service.Description.Layout.Columns,
        Keys = question.Service.Description.Keys,
        LabelColumns = question.LabelColumn is { } label ? [label] : [],
        TimeColumn = question.TimeColumn,
        JoinMode = question.Mode,
        // A view that the service takes twice is read once.
        Commits = [.. snapshots.DistinctBy(s => (s.View.Name, s.View.Version)).Select(s => new FeatureViewCommit(s.View.Name, s.View.Version, s.View.Fingerprint, s.Commit))],
        Spine = spine,
        RowCount = rowCount,
        ContentHash = hash,
        CreatedAt = time.GetUtcNow(),
    };
}
