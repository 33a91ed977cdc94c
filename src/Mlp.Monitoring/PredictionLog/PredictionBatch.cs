using System.Runtime.InteropServices;
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

    private readonly FeatureRowLayout _layout;
    private readonly Schema _schema;
    private readonly RecordFormat _format;
    private readonly bool _isLeftOut;
    private readonly int _version;
    private readonly int _scoreIndex;
    private readonly FixedBinaryColumn _id = new(PredictionId.ByteCount);
    private readonly FixedBinaryColumn _requestId = new(PredictionId.ByteCount);
    private readonly FixedColumn<long> _eventTime = new(PredictionSchema.Time);
    private readonly FixedColumn<long> _requestTime = new(PredictionSchema.Time);
    private readonly FixedColumn<int> _modelVersion = new(Int32Type.Default);
    private readonly BinaryColumn _variant = new(StringType.Default);
    private readonly FixedColumn<byte> _outcome = new(UInt8Type.Default);
    private readonly FixedColumn<double> _ownWeight = new(DoubleType.Default);
    private readonly FixedColumn<double> _keptWeight = new(DoubleType.Default);
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
    private readonly ColumnBuffer?[] _features;
    private readonly ColumnBuffer[] _all;
    private readonly int _weightIndex;
    private int[] _textPositions = new int[64];
    private long _byteCount;

    /// <summary>Creates an empty batch.</summary>
    /// <param name="model">The version whose predictions it takes.</param>
    /// <param name="schema">Its schema.</param>
    /// <param name="format">How its predictions lie in the ring.</param>
    /// <param name="isLeftOut">Whether it is for predictions that are left out of the log, of which <see cref="PredictionSchema.LeftOut"/> is wanted only.</param>
    public PredictionBatch(ServedModel model, PredictionSchema schema, RecordFormat format, bool isLeftOut = false)
    {
        _layout = schema.Layout;
        _schema = isLeftOut ? schema.LeftOut : schema.Arrow;
        _format = format;
        _isLeftOut = isLeftOut;
        _version = model.Manifest.Version;
        _scoreIndex = model.Manifest.Output.ScoreIndex;
        _scores = schema.HasScores ? new DoubleListColumn() : null;
        _keys = new EntityKeyColumns(schema.Keys);
        _eventTimes = [.. schema.Layout.Views.Select(_ => new FixedColumn<long>(PredictionSchema.Time))];
        _statuses = [.. schema.Layout.Columns.Select(_ => new FixedColumn<byte>(UInt8Type.Default))];
        _features = [.. schema.Layout.Columns.Select((c, i) => schema.HasValue(i) ? CreateColumn(c) : null)];
        List<ColumnBuffer> all = isLeftOut
            ? [_eventTime, _requestTime, _modelVersion, _variant, _outcome, _ownWeight, _latency, _score]
            : [_id, _requestId, _eventTime, _requestTime, _modelVersion, _variant, _outcome, _keptWeight, _latency, _featureLatency, _queueLatency, _runLatency, _key, _trace, _tags, _score];
        if (_scores is not null)
        {
            all.Add(_scores);
        }

        if (!isLeftOut)
        {
            all.AddRange(_keys.Columns);
            all.AddRange(_eventTimes);
        }

        for (var i = 0; i < _features.Length; i++)
        {
            if (_features[i] is { } values)
            {
                all.Add(values);
            }

            all.Add(_statuses[i]);
        }

        _all = [.. all];
        _weightIndex = _schema.GetFieldIndex(PredictionColumns.SamplingWeight);
    }

    /// <summary>Predictions so far.</summary>
    public int RowCount => _eventTime.RowCount;

    /// <summary>Whether the batch is as large as a frame shall be.</summary>
    public bool IsFull => RowCount >= MaximumRowCount || _byteCount >= MaximumByteCount;

    /// <summary>Adds predictions, column by column.</summary>
    /// <param name="memory">Memory with predictions as they lie in the ring.</param>
    /// <param name="bodies">Where they begin; few enough to stay in the nearest cache.</param>
    /// <param name="variants">The UTF-8 names of the variants by index.</param>
    public void Append(ReadOnlySpan<byte> memory, ReadOnlySpan<int> bodies, ReadOnlySpan<byte[]> variants)
    {
        _byteCount += (long)bodies.Length * _format.FixedLength;
        _eventTime.AppendAll(memory, bodies, RecordFormat.EventTimeOffset);
        _requestTime.AppendAll(memory, bodies, RecordFormat.RequestTimeOffset);
        _modelVersion.Repeat(_version, bodies.Length);
        _ownWeight.AppendAll(memory, bodies, RecordFormat.OwnWeightOffset);
        _latency.AppendAll(memory, bodies, RecordFormat.LatencyOffset);
        if (!_isLeftOut)
        {
            AppendEnvelopes(memory, bodies);
        }

        if (_textPositions.Length < bodies.Length)
        {
            _textPositions = new int[bodies.Length];
        }

        for (var i = 0; i < bodies.Length; i++)
        {
            AppendAnswer(_format.View(memory[bodies[i]..]), variants, out _textPositions[i]);
        }

        AppendFeatures(memory, bodies);
        if (!_isLeftOut)
        {
            for (var i = 0; i < bodies.Length; i++)
            {
                AppendTags(_format.View(memory[bodies[i]..]), _textPositions[i]);
            }
        }
    }

    /// <summary>The predictions as Arrow, in the memory of this object: valid until the next row or <see cref="Clear"/>.</summary>
    public RecordBatch Build() => new(_schema, _all.Select(column => ArrowArrayFactory.BuildArray(column.Build())), RowCount);

    /// <summary>The same predictions with the weights that they have among all, of which none was left out.</summary>
    /// <param name="batch">What <see cref="Build"/> gave.</param>
    public RecordBatch BuildUnsampled(RecordBatch batch)
        => new(_schema, batch.Arrays.Select((array, i) => i == _weightIndex ? ArrowArrayFactory.BuildArray(_ownWeight.Build()) : array), RowCount);

    /// <summary>Starts over.</summary>
    public void Clear()
    {
        _byteCount = 0;
        _ownWeight.Clear();
        foreach (var column in _all)
        {
            column.Clear();
        }
    }

    private static ColumnBuffer CreateColumn(FeatureColumn feature) => feature.Type switch
    {
        FeatureType.Float32 when feature.IsVector => new VectorColumnBuffer(feature.Length),
        FeatureType.Float32 => new FixedColumn<float>(FloatType.Default),
        FeatureType.Float64 => new FixedColumn<double>(DoubleType.Default),
        FeatureType.Int64 => new FixedColumn<long>(Int64Type.Default),
        FeatureType.Boolean => new BooleanColumn(),
        _ => new BinaryColumn(StringType.Default),
    };

    private void AppendEnvelopes(ReadOnlySpan<byte> memory, ReadOnlySpan<int> bodies)
    {
        _id.AppendAll(memory, bodies, RecordFormat.IdOffset);
        _requestId.AppendAll(memory, bodies, RecordFormat.RequestIdOffset);
        _keptWeight.AppendAll(memory, bodies, RecordFormat.KeptWeightOffset);
        AppendMeasured(_featureLatency, memory, bodies, RecordFormat.FeatureLatencyOffset);
        AppendMeasured(_queueLatency, memory, bodies, RecordFormat.QueueLatencyOffset);
        AppendMeasured(_runLatency, memory, bodies, RecordFormat.RunLatencyOffset);
        for (var view = 0; view < _eventTimes.Length; view++)
        {
            AppendTimes(_eventTimes[view], memory, bodies, _format.EventTimeOffsetOf(view));
        }

        foreach (var body in bodies)
        {
            var record = _format.View(memory[body..]);
            _key.Append(record.Key, record.HasKey);
            _keys.Append(record.Key);
            var trace = memory.Slice(body + RecordFormat.TraceOffset, 16);
            _trace.Append(trace, trace.ContainsAnyExcept((byte)0));
        }
    }

    private static void AppendMeasured(FixedColumn<long> column, ReadOnlySpan<byte> memory, ReadOnlySpan<int> bodies, int offset)
    {
        foreach (var body in bodies)
        {
            var stored = MemoryMarshal.Read<long>(memory[(body + offset)..]);
            column.Append(stored - 1, stored > 0);
        }
    }

    private static void AppendTimes(FixedColumn<long> column, ReadOnlySpan<byte> memory, ReadOnlySpan<int> bodies, int offset)
    {
        foreach (var body in bodies)
        {
            var time = MemoryMarshal.Read<long>(memory[(body + offset)..]);
            column.Append(time, time != FeatureRows.NoEventTime);
        }
    }

    private void AppendAnswer(RecordFormat.RecordView record, ReadOnlySpan<byte[]> variants, out int textStart)
    {
        _variant.Append(variants[record.Variant]);
        _outcome.Append(record.Outcome);
        var isOk = record.Outcome == (byte)PredictionOutcome.Ok;
        var scores = record.Scores;
        var hasScore = isOk && _scoreIndex < scores.Length;
        _score.Append(hasScore ? scores[_scoreIndex] : 0, hasScore);
        _scores?.Append(scores, isOk);
        textStart = record.TextStart;
    }

    private void AppendFeatures(ReadOnlySpan<byte> memory, ReadOnlySpan<int> bodies)
    {
        for (var i = 0; i < _features.Length; i++)
        {
            var status = _statuses[i].RowCount;
            _statuses[i].AppendAll(memory, bodies, _format.StatusOffsetOf(i));
            var statuses = _statuses[i].Values[status..];
            var isAllPresent = !statuses.ContainsAnyExcept((byte)FeatureStatus.Present);
            switch (_features[i])
            {
                case FixedColumn<float> column:
                    Append(column, memory, bodies, _format.ValueOffsetOf(i), statuses, isAllPresent);
                    break;
                case FixedColumn<double> column:
                    Append(column, memory, bodies, _format.ValueOffsetOf(i), statuses, isAllPresent);
                    break;
                case FixedColumn<long> column:
                    Append(column, memory, bodies, _format.ValueOffsetOf(i), statuses, isAllPresent);
                    break;
                case VectorColumnBuffer column:
                    Append(column, memory, bodies, _format.ValueOffsetOf(i), statuses);
                    break;
                case BooleanColumn column:
                    Append(column, memory, bodies, _format.ValueOffsetOf(i), statuses);
                    break;
                default:
                    AppendTexts((BinaryColumn?)_features[i], memory, bodies, i, statuses);
                    break;
            }
        }
    }

    private static void Append<T>(FixedColumn<T> column, ReadOnlySpan<byte> memory, ReadOnlySpan<int> bodies, int offset, ReadOnlySpan<byte> statuses, bool isAllPresent)
        where T : unmanaged
    {
        if (isAllPresent)
        {
            column.AppendAll(memory, bodies, offset);
            return;
        }

        for (var r = 0; r < bodies.Length; r++)
        {
            column.Append(MemoryMarshal.Read<T>(memory[(bodies[r] + offset)..]), statuses[r] == (byte)FeatureStatus.Present);
        }
    }

    private static void Append(VectorColumnBuffer column, ReadOnlySpan<byte> memory, ReadOnlySpan<int> bodies, int offset, ReadOnlySpan<byte> statuses)
    {
        for (var r = 0; r < bodies.Length; r++)
        {
            column.Append(MemoryMarshal.Cast<byte, float>(memory.Slice(bodies[r] + offset, column.Length * sizeof(float))), statuses[r] == (byte)FeatureStatus.Present);
        }
    }

    private static void Append(BooleanColumn column, ReadOnlySpan<byte> memory, ReadOnlySpan<int> bodies, int offset, ReadOnlySpan<byte> statuses)
    {
        for (var r = 0; r < bodies.Length; r++)
        {
            column.Append(memory[bodies[r] + offset] != 0, statuses[r] == (byte)FeatureStatus.Present);
        }
    }

    /// <summary>Features come in their order, so the next text of each row is that of the next text feature. One that is erased has no text and no column.</summary>
    private void AppendTexts(BinaryColumn? column, ReadOnlySpan<byte> memory, ReadOnlySpan<int> bodies, int feature, ReadOnlySpan<byte> statuses)
    {
        if (_layout.Columns[feature].Type != FeatureType.String)
        {
            return;
        }

        var ordinal = _layout.OffsetOf(feature);
        for (var r = 0; r < bodies.Length; r++)
        {
            var record = _format.View(memory[bodies[r]..]);
            var length = record.StringLengths[ordinal];
            column?.Append(record.Bytes(_textPositions[r], length), statuses[r] == (byte)FeatureStatus.Present);
            _textPositions[r] += length;
            _byteCount += length;
        }
    }

    private void AppendTags(RecordFormat.RecordView record, int position)
    {
        for (var i = 0; i < record.TagCount; i++)
        {
            var key = record.ReadTagText(ref position, out _);
            var value = record.ReadTagText(ref position, out var isNull);
            _tags.AppendPair(key, value, !isNull);
            _byteCount += key.Length + value.Length;
        }

        _tags.EndRow(record.TagCount > 0);
    }
}
