using System.Globalization;
using Apache.Arrow;
using Mlp.Monitoring.PredictionLog;
using Mlp.Monitoring.Segments;

namespace Mlp.Monitoring.Performance;

/// <summary>Reads the value that a slice groups by from batches of logged predictions. Not thread-safe.</summary>
/// <param name="definition">What to read.</param>
internal sealed class SliceColumn(SliceDefinition definition)
{
    /// <summary>Stands for a value that is not there.</summary>
    public const string Missing = "(missing)";

    private Schema? _schema;
    private int _column = -1;

    /// <summary>Whether any row had a value.</summary>
    public bool HasValues { get; private set; }

    /// <summary>What is sliced by, for sentences.</summary>
    public string Description => $"{(definition.Kind == SliceKind.Tag ? "tag" : definition.Kind == SliceKind.Key ? "part of the entity key" : "feature")} '{definition.Name}'";

    /// <summary>The text of a row's value.</summary>
    public string Read(RecordBatch batch, int row)
    {
        if (!ReferenceEquals(_schema, batch.Schema))
        {
            _schema = batch.Schema;
            _column = FindColumn(batch.Schema);
        }

        if (_column >= 0 && Read(batch.Column(_column), row) is { } value)
        {
            HasValues = true;
            return value;
        }

        return Missing;
    }

    private int FindColumn(Schema schema)
    {
        if (definition.Kind == SliceKind.Tag)
        {
            return schema.GetFieldIndex(PredictionColumns.Tags);
        }

        // What is logged in place of a feature parts the traffic too.
        string[] metadata = definition.Kind == SliceKind.Key ? [PredictionColumns.EntityKeyKey] : [PredictionColumns.FeatureKey, PredictionColumns.RedactedFeatureKey];
        for (var i = 0; i < schema.FieldsList.Count; i++)
        {
            var field = schema.GetFieldByIndex(i);
            if (field.HasMetadata && metadata.Any(key => field.Metadata.TryGetValue(key, out var name) && name == definition.Name))
            {
                return i;
            }
        }

        return -1;
    }

    private string? Read(IArrowArray column, int row) => column.IsNull(row) ? null : column switch
    {
        MapArray tags => ReadTag(tags, row),
        StringArray texts => texts.GetString(row),
        Int64Array numbers => definition.Edges.Count == 0 ? numbers.GetValue(row)!.Value.ToString(CultureInfo.InvariantCulture) : definition.PartOf(numbers.GetValue(row)!.Value),
        FloatArray numbers => definition.Edges.Count == 0 ? numbers.GetValue(row)!.Value.ToString("R", CultureInfo.InvariantCulture) : definition.PartOf(numbers.GetValue(row)!.Value),
        DoubleArray numbers => definition.PartOf(numbers.GetValue(row)!.Value),
        BooleanArray flags => flags.GetValue(row)!.Value ? "true" : "false",
        _ => null,
    };

    private string? ReadTag(MapArray tags, int row)
    {
        var (keys, values) = ((StringArray)tags.Keys, (StringArray)tags.Values);
        var offsets = tags.ValueOffsets;
        for (var i = offsets[row]; i < offsets[row + 1]; i++)
        {
            if (keys.GetString(i) == definition.Name)
            {
                return values.IsNull(i) ? null : values.GetString(i);
            }
        }

        return null;
    }
}
