using Apache.Arrow;
using Mlp.Features.Definitions;
using Mlp.Features.OnDemand;
using Mlp.Runtime.Data;

namespace Mlp.Features.Joins;

/// <summary>
/// The rows of the question: their keys and times as a table of DuckDB, and all their columns in a spool, to be put beside the answers. So values that are not joined on never
/// pass through the engine.
/// </summary>
internal sealed class SpineTable : IDisposable
{
    private readonly TrainingSetQuestion _question;
    private readonly SpineConverter _converter;
    private readonly long _memoryLimit;
    private readonly string _folder;
    private readonly KeyTable _keys;
    private readonly OnDemandGoldenRows _goldenRows;
    private readonly IReadOnlyList<(FeatureServiceView View, OnDemandTransform Transform)> _onDemand;
    private ArrowSpool? _spool;

    internal SpineTable(DuckDbSession session, TrainingSetQuestion question, OnDemandGoldenRows goldenRows, long memoryLimit, string folder)
    {
        _goldenRows = goldenRows;
        _onDemand = [.. question.Service.Views.Where(v => v is { OnDemand: not null, InputColumns.Count: 0 }).Select(v => (v, v.OnDemand!.CreateTransform()))];
        goldenRows.Check(question.Service);
        _question = question;
        _converter = new SpineConverter(question.Service, question.TimeColumn, question.LabelColumn);
        _memoryLimit = memoryLimit;
        _folder = folder;
        _keys = new KeyTable(session, question.Service.Description.Keys);
    }

    /// <summary>The columns of the question, without the on-demand features of the request alone that stand behind them in <see cref="ReadAsync"/>.</summary>
    internal Schema Schema => _converter.Schema!;

    internal long RowCount => _keys.RowCount;

    /// <summary>The earliest time of all rows, microseconds.</summary>
    internal long FirstTime => _keys.FirstTime;

    /// <summary>The latest time of all rows, microseconds.</summary>
    internal long LastTime => _keys.LastTime;

    internal void Append(RecordBatch batch)
    {
        var converted = _converter.Convert(batch);
        var computed = WithOnDemandFeatures(converted);
        _spool ??= new ArrowSpool(computed.Schema, _memoryLimit, _folder);
        _keys.Append((TimestampArray)converted.Column(_question.TimeColumn), _question.Service.Description.Keys.Select(k => converted.Column(k.Name)));
        _spool.Append(computed);
    }

    private RecordBatch WithOnDemandFeatures(RecordBatch batch)
    {
        var fields = batch.Schema.FieldsList.ToList();
        var columns = Enumerable.Range(0, batch.ColumnCount).Select(batch.Column).ToList();
        foreach (var (view, transform) in _onDemand)
        {
            var request = RequestColumns.Find(transform.Definition, batch, RowCount);
            var features = transform.Compute(request, [], batch.Length, RowCount);
            _goldenRows.Keep(transform.Definition, request, [], features, batch.Length);
            foreach (var column in view.Columns)
            {
                var feature = _question.Service.Description.Layout.Columns[column.ColumnIndex];
                fields.Add(new Field(feature.Name, FeatureViewDefinition.ArrowTypeOf(feature.Type, feature.Length), nullable: true));
                columns.Add(features[column.FieldIndex]);
            }
        }

        return new RecordBatch(new Schema(fields, metadata: null), columns, batch.Length);
    }

    /// <exception cref="SpineException">There was no batch.</exception>
    internal void Complete()
    {
        if (_spool is null)
        {
            throw new SpineException($"Expected rows to join features of {_question.Service} to, but found no batch.");
        }

        _keys.Complete();
        _spool.Complete();
    }

    internal IAsyncEnumerable<RecordBatch> ReadAsync(CancellationToken cancellationToken) => _spool!.ReadAsync(cancellationToken);

    public void Dispose()
    {
        _keys.Dispose();
        _spool?.Dispose();
    }
}
