using Apache.Arrow;
using Mlp.Features.Definitions;
using Mlp.Features.Interop;
using Mlp.Features.Offline;
using Mlp.Runtime.Data;

namespace Mlp.Features.Joins;

/// <summary>All raw rows of one view for the sampled keys.</summary>
internal sealed class LeakageHistory
{
    private static readonly IReadOnlyList<HistoryRow> None = [];

    private readonly Dictionary<string, List<HistoryRow>> _rows = new(StringComparer.Ordinal);

    internal static async Task<LeakageHistory> ReadAsync(
        DuckDbSession session, OfflineSnapshot snapshot, FeatureServiceView serviceView, IReadOnlyList<LeakageRow> sample, CancellationToken cancellationToken)
    {
        var view = serviceView.View!;
        var history = new LeakageHistory();
        foreach (var row in sample)
        {
            if (Encode(row, serviceView) is { } key)
            {
                history._rows.TryAdd(key, []);
            }
        }

        snapshot.RequireReadable(session);
        using var table = CreateKeys(session, serviceView, sample);
        var columns = view.Keys.Select(k => $"o.{Sql.Name(k.Name)}")
            .Append($"epoch_us(o.{FeatureViewDefinition.StoredEventTime})")
            .Append($"epoch_us(o.{FeatureViewDefinition.StoredCreatedTime})")
            .Append($"o.{FeatureViewDefinition.StoredSequence}")
            .Concat(serviceView.Columns.Select(c => $"o.{Sql.Name(view.Fields[c.FieldIndex].Name)}"));

        // Nothing but which rows are read is left to the engine.
        var asked = string.Join(" AND ", view.Keys.Select((k, i) => $"o.{Sql.Name(k.Name)} = s.{JoinSql.Key(i)}"));
        var sql = $"SELECT {string.Join(", ", columns)} FROM {snapshot.Relation()} o SEMI JOIN {JoinSql.SpineTable} s ON {asked}";
        await foreach (var batch in session.QueryArrowAsync(sql, cancellationToken).ConfigureAwait(false))
        {
            using (batch)
            {
                history.Add(batch, view.Keys.Count);
            }
        }

        return history;
    }

    /// <summary>The rows of the entity that a sampled row asks about; none when a part of its key is null.</summary>
    internal IReadOnlyList<HistoryRow> Of(LeakageRow row, FeatureServiceView view) => Encode(row, view) is { } key ? _rows[key] : None;

    private static KeyTable CreateKeys(DuckDbSession session, FeatureServiceView view, IReadOnlyList<LeakageRow> sample)
    {
        var table = new KeyTable(session, view.View!.Keys);
        var keys = view.View.Keys.Select((key, part) => key.Kind == EntityValueKind.Int64
            ? (IArrowArray)sample.Aggregate(new Int64Array.Builder(), (b, row) => row.Keys[view.KeyIndexes[part]] is { IsNull: false } value ? b.Append(value.AsInt64()) : b.AppendNull()).Build()
            : sample.Aggregate(new StringArray.Builder(), (b, row) => row.Keys[view.KeyIndexes[part]] is { IsNull: false } value ? b.Append(value.AsString()) : b.AppendNull()).Build());
        var times = new ArrowBuffer.Builder<long>(sample.Count).AppendRange(sample.Select(row => row.Time)).Build();
        table.Append(new TimestampArray(new ArrayData(Ingestion.ArrowColumns.Time, sample.Count, 0, 0, [ArrowBuffer.Empty, times])), keys);
        table.Complete();
        return table;
    }

    private static string? Encode(LeakageRow row, FeatureServiceView view) => Encode([.. view.KeyIndexes.Select(i => row.Keys[i])]);

    private static string? Encode(EntityValue[] key)
    {
        if (EntityKeyEncoding.ContainsNull(key))
        {
            return null;
        }

        var bytes = new byte[EntityKeyEncoding.GetMaximumLength(key)];
        return Convert.ToHexString(bytes.AsSpan(0, EntityKeyEncoding.Encode(key, bytes)));
    }

    private void Add(RecordBatch batch, int keys)
    {
        var key = new EntityValue[keys];
        for (var row = 0; row < batch.Length; row++)
        {
            for (var i = 0; i < keys; i++)
            {
                key[i] = LeakageSample.Key(batch.Column(i), row);
            }

            if (Encode(key) is { } encoded && _rows.TryGetValue(encoded, out var rows))
            {
                var version = new RowVersion(Int64(keys), Int64(keys + 1), Int64(keys + 2));
                rows.Add(new HistoryRow(version, [.. Enumerable.Range(keys + 3, batch.ColumnCount - keys - 3).Select(c => LeakageSample.Bits(batch.Column(c), row))]));
            }

            long Int64(int column) => ((Int64Array)batch.Column(column)).GetValue(row)!.Value;
        }
    }
}
