using Apache.Arrow;
using Mlp.Runtime.Data;

namespace Mlp.Training.Preprocessing;

/// <summary>Feature values of many rows in memory, column by column: what encodings are learned from and what models are fed with.</summary>
internal sealed class FeatureTable
{
    private readonly TableColumn[] _columns;

    public FeatureTable(IReadOnlyList<FeatureColumn> features)
    {
        Layout = new FeatureRowLayout(features);
        _columns = [.. features.Select(TableColumn.Create)];
    }

    /// <summary>Which features lie where in the tensors of a model.</summary>
    public FeatureRowLayout Layout { get; }

    /// <summary>One column per feature, in the service's order.</summary>
    public IReadOnlyList<TableColumn> Columns => _columns;

    public int RowCount { get; private set; }

    /// <summary>A table of one batch.</summary>
    public static FeatureTable Of(RecordBatch batch, IReadOnlyList<FeatureColumn> features)
    {
        var table = new FeatureTable(features);
        table.Append(batch);
        return table;
    }

    /// <summary>Adds the rows of a batch, whose columns are found by name.</summary>
    /// <exception cref="TrainingDataException">A column is missing or of another type.</exception>
    public void Append(RecordBatch batch)
    {
        RequireColumns(batch.Schema, Layout.Columns);
        foreach (var column in _columns)
        {
            var statuses = batch.Schema.GetFieldIndex(TrainingSetColumns.StatusOf(column.Feature.View));
            column.Append(
                batch.Column(batch.Schema.GetFieldIndex(column.Feature.Name)),
                statuses < 0 ? null : batch.Column(statuses) as UInt8Array);
        }

        RowCount += batch.Length;
        GC.KeepAlive(batch);
    }

    /// <summary>Checks that a schema has a column for every feature.</summary>
    /// <exception cref="TrainingDataException">One is missing.</exception>
    public static void RequireColumns(Schema schema, IReadOnlyList<FeatureColumn> features)
    {
        foreach (var feature in features)
        {
            if (schema.GetFieldIndex(feature.Name) < 0)
            {
                throw new TrainingDataException(
                    $"Expected a column for the feature '{feature.Name}' of type {VectorLength.Describe(feature)}, but found {string.Join(", ", schema.FieldsList.Select(f => $"'{f.Name}'"))}.",
                    feature.Name);
            }
        }
    }
}
