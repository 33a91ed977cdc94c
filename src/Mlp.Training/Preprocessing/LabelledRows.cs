using System.Runtime.InteropServices;
using Apache.Arrow;
using Mlp.Runtime.Data;
using Mlp.Training.Evaluation;

namespace Mlp.Training.Preprocessing;

/// <summary>A training set in memory: features, labels and times of all rows, in order of time. Immutable once read.</summary>
internal sealed class LabelledRows
{
    private readonly List<double> _labels = [];
    private readonly List<long> _times = [];

    private LabelledRows(FeatureTable table, string labelColumn) => (Table, LabelColumnName) = (table, labelColumn);

    public FeatureTable Table { get; }

    public string LabelColumnName { get; }

    public int RowCount => Table.RowCount;

    /// <summary>One finite label per row.</summary>
    public ReadOnlySpan<double> Labels => CollectionsMarshal.AsSpan(_labels);

    /// <summary>Microseconds per row, ascending; empty when rows have no time.</summary>
    public ReadOnlySpan<long> Times => CollectionsMarshal.AsSpan(_times);

    /// <summary>Reads all rows.</summary>
    /// <param name="set">The rows.</param>
    /// <param name="features">The features wanted, by name.</param>
    /// <param name="cancellationToken">Ends reading.</param>
    /// <exception cref="TrainingDataException">There are no rows, a column is missing or wrong, or rows are out of order.</exception>
    public static async Task<LabelledRows> ReadAsync(ITrainingSet set, IReadOnlyList<FeatureColumn> features, CancellationToken cancellationToken)
    {
        var label = set.Manifest.LabelColumns switch
        {
            [var only] => only,
            [] => throw new TrainingDataException("Expected a training set with a label column, but its manifest names none."),
            var several => throw new TrainingDataException(
                $"Expected a training set with one label column, but its manifest names {string.Join(", ", several.Select(name => $"'{name}'"))}."),
        };
        if (set.Manifest.WeightColumn is { } weight)
        {
            // Rows that count differently must not be taken for rows that count the same.
            throw new TrainingDataException($"Expected a training set whose rows all count the same, but its manifest names weight column '{weight}'.", weight);
        }

        RequireColumn(set.Schema, label, "label");
        if (set.Manifest.TimeColumn is { } time)
        {
            RequireColumn(set.Schema, time, "time");
        }

        var rows = new LabelledRows(new FeatureTable(features), label);
        FeatureTable.RequireColumns(set.Schema, features);
        await foreach (var batch in set.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            using (batch)
            {
                rows.Append(batch, set.Manifest.TimeColumn);
            }
        }

        if (rows.RowCount == 0)
        {
            throw new TrainingDataException("Expected at least one row, but the training set is empty.");
        }

        if (set.Manifest.TimeColumn is { } name)
        {
            TimeOrder.ThrowIfUnordered(rows.Times, name);
        }

        return rows;
    }

    private void Append(RecordBatch batch, string? timeColumn)
    {
        Table.Append(batch);
        LabelColumn.Append(batch.Column(batch.Schema.GetFieldIndex(LabelColumnName)), LabelColumnName, _labels);
        if (timeColumn is not null)
        {
            TimeColumn.Append(batch.Column(batch.Schema.GetFieldIndex(timeColumn)), timeColumn, _times);
        }
    }

    private static void RequireColumn(Schema schema, string name, string role)
    {
        if (schema.GetFieldIndex(name) < 0)
        {
            throw new TrainingDataException($"Expected the {role} column '{name}', but found {string.Join(", ", schema.FieldsList.Select(f => $"'{f.Name}'"))}.", name);
        }
    }
}
