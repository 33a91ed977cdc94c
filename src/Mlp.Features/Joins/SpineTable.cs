using Apache.Arrow;
using Apache.Arrow.Types;
using Mlp.Features.Definitions;
using Mlp.Features.Interop;
using Mlp.Features.OnDemand;
using Mlp.Runtime.Data;
using Mlp.Runtime.Interop;

namespace Mlp.Features.Joins;

/// <summary>
/// The rows of the question: their keys and times as a table of DuckDB, and all their columns in a spool, to be put beside the answers. So values that are not joined on never
/// pass through the engine.
/// </summary>
internal sealed class SpineTable : IDisposable
{
    private readonly DuckDbSession _session;
    private readonly TrainingSetQuestion _question;
    private readonly SpineConverter _converter;
    private readonly long _memoryLimit;
    private readonly string _folder;
    private readonly Schema _tableSchema;
    private readonly OnDemandGoldenRows _goldenRows;
    private readonly IReadOnlyList<(FeatureServiceView View, OnDemandTransform Transform)> _onDemand;
    private DuckDbAppender? _appender;
    private ArrowSpool? _spool;
    private long _lastTime = long.MinValue;

    internal SpineTable(DuckDbSession session, TrainingSetQuestion question, OnDemandGoldenRows goldenRows, long memoryLimit, string folder)
    {
        _goldenRows = goldenRows;
        _onDemand = [.. question.Service.Views.Where(v => v.OnDemand is not null).Select(v => (v, v.OnDemand!.CreateTransform()))];
        _session = session;
        _question = question;
        _converter = new SpineConverter(question.Service, question.TimeColumn, question.LabelColumn);
        _memoryLimit = memoryLimit;
        _folder = folder;
        var keys = question.Service.Description.Keys;
        _tableSchema = new Schema(
            [
                new Field(JoinSql.Row, Int64Type.Default, nullable: false),
                new Field(JoinSql.Time, Int64Type.Default, nullable: false),
                .. keys.Select((k, i) => new Field(JoinSql.Key(i), FeatureViewDefinition.ArrowTypeOf(k.Kind), nullable: true)),
            ],
            metadata: null);
        var columns = keys.Select((k, i) => $"{JoinSql.Key(i)} {Sql.TypeOf(k.Kind)}").Prepend($"{JoinSql.Time} BIGINT").Prepend($"{JoinSql.Row} BIGINT");
        session.Execute($"CREATE TEMP TABLE {JoinSql.SpineTable} ({string.Join(", ", columns)})");
    }

    /// <summary>The columns of the question, without the on-demand features that stand behind them in <see cref="ReadAsync"/>.</summary>
    internal Schema Schema => _converter.Schema!;

    internal long RowCount => _spool!.RowCount;

    /// <summary>The latest time of all rows, microseconds.</summary>
    internal long LastTime => RowCount == 0 ? 0 : _lastTime;

    internal void Append(RecordBatch batch)
    {
        var converted = _converter.Convert(batch);
        var computed = WithOnDemandFeatures(converted);
        _spool ??= new ArrowSpool(computed.Schema, _memoryLimit, _folder);
        _appender ??= _session.CreateAppender(JoinSql.SpineTable, _tableSchema);
        var first = _spool.RowCount;
        var rows = new Int64Array.Builder().Reserve(batch.Length).AppendRange(Enumerable.Range(0, batch.Length).Select(i => first + i)).Build();
        var times = (TimestampArray)converted.Column(converted.Schema.GetFieldIndex(_question.TimeColumn));
        foreach (var time in times.Values)
        {
            _lastTime = Math.Max(_lastTime, time);
        }

        _appender.Append(new RecordBatch(
            _tableSchema,
            [
                rows,
                new Int64Array(new ArrayData(Int64Type.Default, times.Length, times.NullCount, times.Offset, times.Data.Buffers)),
                .. _question.Service.Description.Keys.Select(k => converted.Column(converted.Schema.GetFieldIndex(k.Name))),
            ],
            batch.Length));
        _spool.Append(computed);
    }

    private RecordBatch WithOnDemandFeatures(RecordBatch batch)
    {
        var fields = batch.Schema.FieldsList.ToList();
        var columns = Enumerable.Range(0, batch.ColumnCount).Select(batch.Column).ToList();
        foreach (var (view, transform) in _onDemand)
        {
            var request = RequestColumns.Find(transform.Definition, batch);
            var features = transform.Compute(request, batch.Length);
            _goldenRows.Keep(transform.Definition, request, features, batch.Length);
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

        _appender!.Close();
        _appender.Dispose();
        _appender = null;
        _spool.Complete();
    }

    internal IAsyncEnumerable<RecordBatch> ReadAsync(CancellationToken cancellationToken) => _spool!.ReadAsync(cancellationToken);

    public void Dispose()
    {
        _appender?.Dispose();
        _spool?.Dispose();
    }
}
