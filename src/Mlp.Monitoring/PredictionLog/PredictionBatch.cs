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
    private readonly FixedBinaryColumn _requestId = new(PredictionId.ByteCount);
    private readonly FixedColumn<long> _eventTime = new(PredictionSchema.Time);
    private readonly FixedColumn<long> _requestTime = new(PredictionSchema.Time);
    private readonly FixedColumn<int> _modelVersion = new(Int32Type.Default);
    private readonly BinaryColumn _variant = new(StringType.Default);
    private readonly FixedColumn<byte> _outcome = new(UInt8Type.Default);
    private readonly FixedColumn<double> _samplingWeight = new(DoubleType.Default);
    private readonly FixedColumn<long> _latency = new(Int64Type.Default);
    private readonly FixedColumn<long> _featureLatency = new(Int64Type.Default);
    private readonly FixedColumn<long> _queueLatency = new(Int64Type.Default);
    private readonly FixedColumn<long> _runLatency = new(Int64Type.Default);
    private readonly BinaryColumn _key = new(BinaryType.Default);
    private readonly FixedBinaryColumn _trace = new(16);
    private readonly TextMapColumn _tags = new();
    private readonly FixedColumn<double> _score = new(DoubleType.Default);
    private readonly DoubleListColumn? _scores;
    private readonly EntityKeyColumns _keys;
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
        _scores = schema.HasScores ? new DoubleListColumn() : null;
        _keys = new EntityKeyColumns(schema.Keys);
        _eventTimes = [.. schema.Layout.Views.Select(_ => new FixedColumn<long>(PredictionSchema.Time))];
        _statuses = [.. schema.Layout.Columns.Select(_ => new FixedColumn<byte>(UInt8Type.Default))];
        _features = [.. schema.Layout.Columns.Select(c => CreateColumn(c))];
        var all = new List<ColumnBuffer>
        {
            _id, _requestId, _eventTime, _requestTime, _modelVersion, _variant, _outcome, _samplingWeight, _latency, _featureLatency, _queueLatency, _runLatency, _key, _trace, _tags, _score,
        };
        if (_scores is not null)
        {
            all.Add(_scores);
        }

        all.AddRange(_keys.Columns);
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
        ref readonly var numbers = ref record.Numbers;
        _id.Append(record.Id);
        _requestId.Append(record.RequestId);
        _eventTime.Append(numbers.EventTime);
        _requestTime.Append(numbers.RequestTime);
        _modelVersion.Append(_version);
        _variant.Append(variants[record.Variant]);
        _outcome.Append(record.Outcome);
        _samplingWeight.Append(numbers.SamplingWeight);
        _latency.Append(numbers.Latency);
        AppendMeasured(_featureLatency, numbers.StoredFeatureLatency);
        AppendMeasured(_queueLatency, numbers.StoredQueueLatency);
        AppendMeasured(_runLatency, numbers.StoredRunLatency);
        _key.Append(record.Key, record.HasKey);
        _keys.Append(record.Key);
        _trace.Append(record.TraceId, record.TraceId.ContainsAnyExcept((byte)0));
        var scores = record.Scores;
        var hasScore = isOk && _scoreIndex < scores.Length;
        _score.Append(hasScore ? scores[_scoreIndex] : 0, hasScore);
        _scores?.Append(scores, isOk);
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

    private static void AppendMeasured(FixedColumn<long> column, long stored) => column.Append(stored - 1, stored > 0);

    private static ColumnBuffer CreateColumn(FeatureColumn feature) => feature.Type switch
    {
        FeatureType.Float32 when feature.IsVector => new VectorColumnBuffer(feature.Length),
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
            var ordinal = columns.OffsetOf(i);
            _statuses[i].Append(statuses[i]);
            switch (_features[i])
            {
                case VectorColumnBuffer column:
                    column.Append(float32.Slice(ordinal, column.Length), isPresent);
                    break;
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
