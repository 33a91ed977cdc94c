using Apache.Arrow;
using Apache.Arrow.Types;
using Mlp.Monitoring.Segments;
using Mlp.Runtime.Data;
using Mlp.Runtime.Predictions;

namespace Mlp.Monitoring.PredictionLog;

/// <summary>Turns predictions from the rows of the ring into columns of Arrow, in memory that is used again for the next batch. Not thread-safe.</summary>
internal sealed class PredictionBatch
{
    private const int MaximumRowCount = 4096;
    private const int MaximumByteCount = 4 * 1024 * 1024;

    private readonly PredictionSchema _schema;
    private readonly RecordFormat _format;
    private readonly int _version;
    private readonly int _scoreIndex;
    private readonly FixedBinaryColumn _id = new(PredictionId.ByteCount);
    private readonly FixedColumn<long> _eventTime = new(PredictionSchema.Time);
    private readonly FixedColumn<long> _loggedTime = new(PredictionSchema.Time);
    private readonly FixedColumn<int> _modelVersion = new(Int32Type.Default);
    private readonly BinaryColumn _variant = new(StringType.Default);
    private readonly FixedColumn<byte> _outcome = new(UInt8Type.Default);
    private readonly FixedColumn<long> _latency = new(Int64Type.Default);
    private readonly BinaryColumn _key = new(BinaryType.Default);
    private readonly FixedBinaryColumn _trace = new(16);
    private readonly TextMapColumn _tags = new();
    private readonly FixedBinaryColumn _shadowOf = new(PredictionId.ByteCount);
    private readonly FixedColumn<double> _score = new(DoubleType.Default);
    private readonly DoubleListColumn? _outputs;
    private readonly FixedColumn<long>[] _eventTimes;
    private readonly FixedColumn<byte>[] _statuses;
    private readonly ColumnBuffer[] _features;
    private readonly ColumnBuffer[] _all;
    private int _byteCount;

    /// <summary>Creates an empty batch.</summary>
    /// <param name="model">The version whose predictions it takes.</param>
    /// <param name="schema">Its schema.</param>
    /// <param name="format">How its predictions lie in the ring.</param>
    public PredictionBatch(ServedModel model, PredictionSchema schema, RecordFormat format)
    {
        _schema = schema;
        _format = format;
        _version = model.Manifest.Version;
        _scoreIndex = model.Manifest.Output.ScoreIndex;
        _outputs = schema.HasOutputs ? new DoubleListColumn() : null;
        _eventTimes = [.. schema.Layout.Views.Select(_ => new FixedColumn<long>(PredictionSchema.Time))];
        _statuses = [.. schema.Layout.Columns.Select(_ => new FixedColumn<byte>(UInt8Type.Default))];
        _features = [.. schema.Layout.Columns.Select(c => CreateColumn(c.Type))];
        var all = new List<ColumnBuffer> { _id, _eventTime, _loggedTime, _modelVersion, _variant, _outcome, _latency, _key, _trace, _tags, _shadowOf, _score };
        if (_outputs is not null)
        {
            all.Add(_outputs);
        }

        all.AddRange(_eventTimes);
        for (var i = 0; i < _features.Length; i++)
        {
            all.Add(_features[i]);
            all.Add(_statuses[i]);
        }

        _all = [.. all];
    }

    /// <summary>Predictions so far.</summary>
    public int RowCount => _id.RowCount;

    /// <summary>Whether the batch is as large as a frame shall be.</summary>
    public bool IsFull => RowCount >= MaximumRowCount || _byteCount >= MaximumByteCount;

    /// <summary>Adds a prediction.</summary>
    /// <param name="body">The prediction as it lies in the ring.</param>
    /// <param name="variants">The UTF-8 names of the variants by index.</param>
    public void Append(ReadOnlySpan<byte> body, ReadOnlySpan<byte[]> variants)
    {
        _byteCount += body.Length;
        var record = _format.View(body);
        var isOk = record.Outcome == (byte)PredictionOutcome.Ok;
        _id.Append(record.Id);
        _eventTime.Append(record.EventTime);
        _loggedTime.Append(record.LoggedTime);
        _modelVersion.Append(_version);
        _variant.Append(variants[record.Variant]);
        _outcome.Append(record.Outcome);
        _latency.Append(record.LatencyNanoseconds);
        _key.Append(record.Key, record.HasKey);
        _trace.Append(record.TraceId, record.TraceId.ContainsAnyExcept((byte)0));
        _shadowOf.Append(record.ShadowOf, record.ShadowOf.ContainsAnyExcept((byte)0));
        var outputs = record.Outputs;
        var hasScore = isOk && _scoreIndex < outputs.Length;
        _score.Append(hasScore ? outputs[_scoreIndex] : 0, hasScore);
        _outputs?.Append(outputs, isOk);
        var times = record.EventTimes;
        for (var i = 0; i < times.Length; i++)
        {
            _eventTimes[i].Append(times[i], times[i] != FeatureRows.NoEventTime);
        }

        var position = AppendFeatures(record);
        AppendTags(record, position);
    }

    /// <summary>The predictions as Arrow, in the memory of this object: valid until the next <see cref="Append"/> or <see cref="Clear"/>.</summary>
    public RecordBatch Build()
        => new(_schema.Arrow, _all.Select(column => ArrowArrayFactory.BuildArray(column.Build())), RowCount);

    /// <summary>Starts over.</summary>
    public void Clear()
    {
        _byteCount = 0;
        foreach (var column in _all)
        {
            column.Clear();
        }
    }

    private static ColumnBuffer CreateColumn(FeatureType type) => type switch
    {
        FeatureType.Float32 => new FixedColumn<float>(FloatType.Default),
        FeatureType.Float64 => new FixedColumn<double>(DoubleType.Default),
        FeatureType.Int64 => new FixedColumn<long>(Int64Type.Default),
        FeatureType.Boolean => new BooleanColumn(),
        _ => new BinaryColumn(StringType.Default),
    };

    private int AppendFeatures(RecordFormat.RecordView record)
    {
        var float32 = record.Float32;
        var float64 = record.Float64;
        var int64 = record.Int64;
        var boolean = record.Boolean;
        var lengths = record.StringLengths;
        var statuses = record.Status;
        var position = record.TextStart;
        var columns = _schema.Layout;
        for (var i = 0; i < _features.Length; i++)
        {
            var isPresent = statuses[i] == (byte)FeatureStatus.Present;
            var ordinal = columns.OrdinalOf(i);
            _statuses[i].Append(statuses[i]);
            switch (_features[i])
            {
                case FixedColumn<float> column:
                    column.Append(float32[ordinal], isPresent);
                    break;
                case FixedColumn<double> column:
                    column.Append(float64[ordinal], isPresent);
                    break;
                case FixedColumn<long> column:
                    column.Append(int64[ordinal], isPresent);
                    break;
                case BooleanColumn column:
                    column.Append(boolean[ordinal] != 0, isPresent);
                    break;
                case BinaryColumn column:
                    column.Append(record.Bytes(position, lengths[ordinal]), isPresent);
                    position += lengths[ordinal];
                    break;
            }
        }

        return position;
    }

    private void AppendTags(RecordFormat.RecordView record, int position)
    {
        for (var i = 0; i < record.TagCount; i++)
        {
            var key = record.ReadTagText(ref position, out _);
            var value = record.ReadTagText(ref position, out var isNull);
            _tags.AppendPair(key, value, !isNull);
        }

        _tags.EndRow(record.TagCount > 0);
    }
}
