using Apache.Arrow;
using Apache.Arrow.Types;
using Mlp.Features.Definitions;
using Mlp.Features.Ingestion;
using Mlp.Runtime.Data;

namespace Mlp.Features.Joins;

/// <summary>
/// Brings the rows of the question into one form: keys canonical, request times as microseconds UTC rounded down, texts plain UTF-8, all other columns as they are.
/// </summary>
internal sealed class SpineConverter
{
    private readonly FeatureServiceDefinition _service;
    private readonly string _timeColumn;
    private readonly string? _labelColumn;
    private readonly IReadOnlyList<FeatureField> _requests;
    private Schema? _source;
    private long _rowsBefore;

    internal SpineConverter(FeatureServiceDefinition service, string timeColumn, string? labelColumn)
    {
        _service = service;
        _timeColumn = timeColumn;
        _labelColumn = labelColumn;
        _requests = [.. service.Views.Where(v => v.OnDemand is not null).SelectMany(v => v.OnDemand!.RequestFields)];
    }

    /// <summary>Schema of converted batches, once one was converted.</summary>
    internal Schema? Schema { get; private set; }

    /// <exception cref="SpineException">A column is missing or has another type, a time is null, or a name is taken.</exception>
    internal RecordBatch Convert(RecordBatch batch)
    {
        LiveBatch.Require(batch, "the batch of the rows");
        CheckSchema(batch.Schema);
        var columns = batch.Schema.FieldsList.Select((field, i) => Convert(field.Name, batch.Column(i))).ToList();
        Schema ??= new Schema(columns.Select((c, i) => new Field(batch.Schema.GetFieldByIndex(i).Name, c.Data.DataType, nullable: true)), metadata: null);
        _rowsBefore += batch.Length;
        return new RecordBatch(Schema, columns, batch.Length);
    }

    private void CheckSchema(Schema schema)
    {
        if (_source is not null)
        {
            if (!schema.FieldsList.Select(f => (f.Name, f.DataType.TypeId)).SequenceEqual(_source.FieldsList.Select(f => (f.Name, f.DataType.TypeId))))
            {
                throw new SpineException("Expected all batches of the rows to have the schema of the first, but found another.");
            }

            return;
        }

        _source = schema;
        SpineColumns.Check(_service, [.. schema.FieldsList.Select(f => f.Name)], _timeColumn, _labelColumn);
    }

    private IArrowArray Convert(string name, IArrowArray column)
    {
        if (name == _timeColumn)
        {
            return ConvertTime(name, column);
        }

        if (_service.Description.Keys.FirstOrDefault(k => k.Name == name) is { } key)
        {
            return ArrowColumns.ToKey(column, key.Kind, ErrorFor(name));
        }

        if (_requests.FirstOrDefault(f => f.Name == name && f.IsVector) is { } vector)
        {
            return ArrowColumns.ToFeature(column, vector, ErrorFor(name));
        }

        if (column is FixedSizeListArray { Data.DataType: FixedSizeListType { ListSize: > 1, ValueDataType: FloatType } type } lists)
        {
            return VectorColumn.TryCreate(lists)!.ToFixedSize(type.ListSize, (expected, found, row) => ErrorFor(name)(expected, found, row));
        }

        if (ArrowTexts.Read(column, ErrorFor(name)) is { } text)
        {
            return text;
        }

        return column is BooleanArray || (column.Data.DataType is FixedWidthType { BitWidth: var width } and not FixedSizeBinaryType && width % 8 == 0)
            ? column
            : throw new SpineException($"Expected column '{name}' of the rows to be a number, a truth value, a time, a text or a fixed-size list of floats, but found {column.Data.DataType.Name}.", name);
    }

    private TimestampArray ConvertTime(string name, IArrowArray column)
    {
        var times = ArrowColumns.ToTime(column, roundUp: false, ErrorFor(name));
        for (var row = 0; times.NullCount > 0 && row < times.Length; row++)
        {
            if (times.IsNull(row))
            {
                throw ErrorFor(name)("a time in every row", "null", row);
            }
        }

        return times;
    }

    private ColumnError ErrorFor(string column) => (expected, found, row) => row < 0
        ? new SpineException($"Expected column '{column}' of the rows to be {expected} for {_service}, but found {found}.", column)
        : new SpineException($"Expected column '{column}' of the rows to hold {expected} for {_service}, but found {found} in row {_rowsBefore + row + 1}.", column, _rowsBefore + row + 1);
}
