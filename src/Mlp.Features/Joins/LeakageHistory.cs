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
        DuckDbSession session, OfflineSnapshot snapshot, FeatureServiceView serviceView, LeakageSample sample, CancellationToken cancellationToken)
    {
        var view = serviceView.View!;
        var history = new LeakageHistory();
        foreach (var row in sample.Rows)
        {
            if (Encode(row, serviceView) is { } key)
            {
                history._rows.TryAdd(key, []);
            }
        }

        snapshot.RequireReadable(session);
        var columns = view.Keys.Select(k => Sql.Name(k.Name))
            .Append($"epoch_us({FeatureViewDefinition.StoredEventTime})")
            .Append($"epoch_us({FeatureViewDefinition.StoredCreatedTime})")
            .Append(FeatureViewDefinition.StoredSequence)
            .Concat(serviceView.Columns.Select(c => Sql.Name(view.Fields[c.FieldIndex].Name)));
        await foreach (var batch in session.QueryArrowAsync($"SELECT {string.Join(", ", columns)} FROM {snapshot.Relation()}", cancellationToken).ConfigureAwait(false))
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
