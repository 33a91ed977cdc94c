using Apache.Arrow;
using Mlp.Features.Definitions;

namespace Mlp.Features.Ingestion;

/// <summary>Brings Arrow batches with the columns of a view's source into the form of <see cref="FeatureViewDefinition.StoredSchema"/>.</summary>
internal sealed class StoredBatchConverter(FeatureViewDefinition view, string source)
{
    private long _rowsBefore;

    /// <summary>A view without a created time takes no back-fill unless it says that rows were known at their event time.</summary>
    internal static void CheckCreatedTime(FeatureViewDefinition view, string source)
    {
        if (view.CreatedTimeColumn is null && !view.CreatedTimeEqualsEventTime)
        {
            throw new IngestException(
                source,
                $"Expected {view} to name a created-time column or to say CreatedTimeEqualsEventTime, but it does neither, and {source} does not say when its rows became known.");
        }
    }

    /// <exception cref="IngestException">A column is missing or has another type, a time is null, a text is no valid Unicode, or a row is too long.</exception>
    /// <exception cref="ObjectDisposedException">The batch has been disposed.</exception>
    internal RecordBatch Convert(RecordBatch batch)
    {
        LiveBatch.Require(batch, source);
        var columns = new List<IArrowArray>(view.StoredSchema.FieldsList.Count);
        foreach (var key in view.Keys)
        {
            columns.Add(ArrowColumns.ToKey(Find(batch, key.Name), key.Kind, ErrorFor(key.Name)));
        }

        var eventTime = ConvertTime(batch, view.EventTimeColumn);
        columns.Add(eventTime);
        columns.Add(view.CreatedTimeColumn is { } created ? ConvertTime(batch, created) : eventTime);
        foreach (var field in view.Fields)
        {
            columns.Add(ArrowColumns.ToFeature(Find(batch, field.Name), field, ErrorFor(field.Name)));
        }

        var stored = new RecordBatch(view.StoredSchema, columns, batch.Length);
        RowLength.Check(view, stored, ErrorFor);
        _rowsBefore += batch.Length;
        return stored;
    }

    private TimestampArray ConvertTime(RecordBatch batch, string column)
    {
        var times = ArrowColumns.ToTime(Find(batch, column), roundUp: true, ErrorFor(column));
        for (var row = 0; times.NullCount > 0 && row < times.Length; row++)
        {
            if (times.IsNull(row))
            {
                throw ErrorFor(column)("a time in every row", "null", row);
            }
        }

        return times;
    }

    private IArrowArray Find(RecordBatch batch, string column)
    {
        var index = batch.Schema.GetFieldIndex(column);
        return index >= 0
            ? batch.Column(index)
            : throw new IngestException(
                source, $"Expected a column '{column}' for {view} in {source}, but found {string.Join(", ", batch.Schema.FieldsList.Select(f => $"'{f.Name}'"))}.", column);
    }

    private ColumnError ErrorFor(string column) => (expected, found, row) => row < 0
        ? new IngestException(source, $"Expected column '{column}' of {source} to be {expected} for {view}, but found {found}.", column)
        : new IngestException(source, $"Expected column '{column}' of {source} to hold {expected} for {view}, but found {found} in row {_rowsBefore + row + 1}.", column, _rowsBefore + row + 1);
}
