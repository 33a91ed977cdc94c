using Apache.Arrow;
using Mlp.Features.Definitions;
using Mlp.Features.Ingestion;

namespace Mlp.Features.Joins;

/// <summary>Takes keys and times out of the rows of a question about one view: keys canonical, times as microseconds UTC rounded down.</summary>
internal sealed class KeyReader(FeatureViewDefinition view, string? timeColumn, long asOf)
{
    private long _rowsBefore;

    /// <exception cref="SpineException">A column is missing or has another type, or a time is null or beyond the calendar.</exception>
    internal (TimestampArray Times, IReadOnlyList<IArrowArray> Keys) Read(RecordBatch batch)
    {
        var keys = view.Keys.Select(key => ArrowColumns.ToKey(Column(batch, key.Name), key.Kind, ErrorFor(key.Name))).ToList();
        var times = timeColumn is null ? Constant(batch.Length) : ArrowColumns.ToTime(Column(batch, timeColumn), roundUp: false, ErrorFor(timeColumn));
        for (var row = 0; times.NullCount > 0 && row < times.Length; row++)
        {
            if (times.IsNull(row))
            {
                throw ErrorFor(timeColumn!)("a time in every row", "null", row);
            }
        }

        _rowsBefore += batch.Length;
        return (times, keys);
    }

    private TimestampArray Constant(int length)
    {
        var values = new long[length];
        System.Array.Fill(values, asOf);
        return new TimestampArray(new ArrayData(ArrowColumns.Time, length, 0, 0, [ArrowBuffer.Empty, new ArrowBuffer.Builder<long>(length).Append(values).Build()]));
    }

    private IArrowArray Column(RecordBatch batch, string name)
        => batch.Schema.GetFieldIndex(name) is >= 0 and var index
            ? batch.Column(index)
            : throw new SpineException($"Expected a column '{name}' in the rows for {view}, but found {string.Join(", ", batch.Schema.FieldsList.Select(f => $"'{f.Name}'"))}.", name);

    private ColumnError ErrorFor(string column) => (expected, found, row) => row < 0
        ? new SpineException($"Expected column '{column}' of the rows to be {expected} for {view}, but found {found}.", column)
        : new SpineException($"Expected column '{column}' of the rows to hold {expected} for {view}, but found {found} in row {_rowsBefore + row + 1}.", column, _rowsBefore + row + 1);
}
