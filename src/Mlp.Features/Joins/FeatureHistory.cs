using System.Runtime.CompilerServices;
using Apache.Arrow;
using Apache.Arrow.Types;
using DuckDB.NET.Data;
using Mlp.Features.Definitions;
using Mlp.Features.Ingestion;
using Mlp.Features.Offline;
using Mlp.Runtime;
using Mlp.Runtime.Data;

namespace Mlp.Features.Joins;

/// <summary>Reads rows of one view from the offline store, as streams with bounded memory. Thread-safe.</summary>
internal sealed class FeatureHistory(OfflineStore store)
{
    /// <summary>The last rows of entities; see <see cref="HistorySql.Last"/>.</summary>
    internal async IAsyncEnumerable<RecordBatch> ReadLastAsync(
        HistoryQuestion question, IAsyncEnumerable<RecordBatch> rows, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using var session = store.OpenSession();
        using var table = new KeyTable(session, question.View.Keys);
        var reader = new KeyReader(question.View, question.TimeColumn, question.AsOf);
        await foreach (var batch in rows.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            var (times, keys) = reader.Read(batch);
            table.Append(times, keys);
            GC.KeepAlive(batch);
        }

        table.Complete();
        var schema = new Schema(
            [
                new Field(HistoryColumns.RowNumber, Int64Type.Default, nullable: false),
                new Field(HistoryColumns.Rank, Int64Type.Default, nullable: false),
                new Field(HistoryColumns.EventTime, ArrowColumns.Time, nullable: false),
                new Field(HistoryColumns.CreatedTime, ArrowColumns.Time, nullable: false),
                new Field(HistoryColumns.Status, UInt8Type.Default, nullable: false),
                .. FieldsOf(question.View, question.Fields),
            ],
            metadata: null);
        var snapshot = store.Open(question.View).GetSnapshot().UpTo(table.LastTime, question.Mode);
        await foreach (var batch in StreamAsync(session, snapshot, HistorySql.Last(question, snapshot, table.LastTime), schema, cancellationToken).ConfigureAwait(false))
        {
            yield return batch;
        }
    }

    /// <summary>The rows of a range; see <see cref="HistorySql.Range"/>.</summary>
    internal async IAsyncEnumerable<RecordBatch> ReadRangeAsync(RangeQuestion question, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using var session = store.OpenSession();
        var schema = new Schema(
            [
                .. question.View.Keys.Select(key => new Field(key.Name, FeatureViewDefinition.ArrowTypeOf(key.Kind), nullable: false)),
                new Field(HistoryColumns.EventTime, ArrowColumns.Time, nullable: false),
                new Field(HistoryColumns.CreatedTime, ArrowColumns.Time, nullable: false),
                .. FieldsOf(question.View, question.Fields),
            ],
            metadata: null);
        var snapshot = store.Open(question.View).GetSnapshot(question.Commit)
            .Select(file => file.File.MaxEventTime >= question.From && file.File.MinEventTime < question.Bound && file.File.MinEventTime <= question.AsOf);
        await foreach (var batch in StreamAsync(session, snapshot, HistorySql.Range(question, snapshot), schema, cancellationToken).ConfigureAwait(false))
        {
            yield return batch;
        }
    }

    private static IEnumerable<Field> FieldsOf(FeatureViewDefinition view, IReadOnlyList<int> fields)
        => fields.Select(f => new Field(view.Fields[f].Name, FeatureViewDefinition.ArrowTypeOf(view.Fields[f].Type, view.Fields[f].Length), nullable: true));

    /// <summary>The result takes the place of the array.</summary>
    private static IArrowArray As(IArrowArray array, Field field, FeatureViewDefinition view)
    {
        if (field.DataType is not FixedSizeListType vector)
        {
            return ArrayBits.As(array, field.DataType);
        }

        using (array)
        {
            return StoredVectors.ToFixedSize(array, vector.ListSize, view.Name, field.Name);
        }
    }

    private async IAsyncEnumerable<RecordBatch> StreamAsync(
        DuckDbSession session, OfflineSnapshot snapshot, string sql, Schema schema, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        snapshot.RequireReadable(session);
        var batches = session.QueryArrowAsync(sql, isStreamed: true, cancellationToken).GetAsyncEnumerator(cancellationToken);
        await using var _ = batches.ConfigureAwait(false);
        while (await MoveNextAsync(batches, session, snapshot).ConfigureAwait(false))
        {
            var answer = batches.Current;
            yield return new RecordBatch(schema, schema.FieldsList.Select((field, i) => As(answer.Column(i), field, snapshot.View)), answer.Length);
        }
    }

    private async ValueTask<bool> MoveNextAsync(IAsyncEnumerator<RecordBatch> batches, DuckDbSession session, OfflineSnapshot snapshot)
    {
        try
        {
            return await batches.MoveNextAsync().ConfigureAwait(false);
        }
        catch (DuckDBException e)
        {
            if (store.Open(snapshot.View).IsOutdated(snapshot, mayExpire: true))
            {
                throw new InvalidOperationException($"Expected the files of commit {snapshot.Commit} of {snapshot.View} to stay while they are read, but rows were deleted meanwhile. Read again.", e);
            }

            throw OfflineStore.Explain(e, session, [snapshot]);
        }
    }
}
