using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using Mlp.Monitoring.Redaction;
using Mlp.Runtime.Data;
using Mlp.Runtime.Predictions;

namespace Mlp.Monitoring.PredictionLog;

/// <summary>
/// How a prediction lies in the ring: a fixed part whose offsets follow from the layout, then scores, key, texts and tags. In memory only, in the byte order of the machine.
/// Immutable and thread-safe; allocates nothing on writing.
/// </summary>
internal sealed class RecordFormat
{
    /// <summary>Where the prediction's id lies; the following constants say the same of what they are called after.</summary>
    public const int IdOffset = 0;

    public const int RequestIdOffset = PredictionId.ByteCount;

    public const int EventTimeOffset = RequestIdOffset + PredictionId.ByteCount;

    public const int RequestTimeOffset = EventTimeOffset + sizeof(long);

    public const int OwnWeightOffset = RequestTimeOffset + sizeof(long);

    public const int KeptWeightOffset = OwnWeightOffset + sizeof(double);

    public const int LatencyOffset = KeptWeightOffset + sizeof(double);

    public const int FeatureLatencyOffset = LatencyOffset + sizeof(long);

    public const int QueueLatencyOffset = FeatureLatencyOffset + sizeof(long);

    public const int RunLatencyOffset = QueueLatencyOffset + sizeof(long);

    public const int TraceOffset = RunLatencyOffset + sizeof(long);

    private const int CountsOffset = TraceOffset + 16;
    private const int OutcomeIndex = 0;
    private const int VariantIndex = 1;
    private const int ScoreCountIndex = 2;
    private const int KeyLengthIndex = 3;
    private const int TagCountIndex = 4;
    private const int LeftOutIndex = 5;
    private const int CountsLength = 6;
    private const int Float64Offset = CountsOffset + (CountsLength * sizeof(int));

    private readonly int _float64Count;
    private readonly int _int64Count;
    private readonly int _float32Count;
    private readonly int _stringCount;
    private readonly int _booleanCount;
    private readonly int _viewCount;
    private readonly int _columnCount;
    private readonly int _int64Offset;
    private readonly int _eventTimesOffset;
    private readonly int _float32Offset;
    private readonly int _stringLengthsOffset;
    private readonly int _statusOffset;
    private readonly int _booleanOffset;
    private readonly FeatureRedactor? _featureRedactor;
    private readonly KeyRedactor? _keyRedactor;
    private readonly TagRedactor? _tagRedactor;

    /// <summary>Lays out the fixed part.</summary>
    /// <param name="layout">The features of the model.</param>
    /// <param name="featureRedactor">What is not to be stored of the features as it is; null for nothing.</param>
    /// <param name="keyRedactor">The same of the key.</param>
    /// <param name="tagRedactor">The same of the tags.</param>
    public RecordFormat(FeatureRowLayout layout, FeatureRedactor? featureRedactor = null, KeyRedactor? keyRedactor = null, TagRedactor? tagRedactor = null)
    {
        Layout = layout;
        (_featureRedactor, _keyRedactor, _tagRedactor) = (featureRedactor, keyRedactor, tagRedactor);
        _float64Count = layout.WidthOf(FeatureType.Float64);
        _int64Count = layout.WidthOf(FeatureType.Int64);
        _float32Count = layout.WidthOf(FeatureType.Float32);
        _stringCount = layout.WidthOf(FeatureType.String);
        _booleanCount = layout.WidthOf(FeatureType.Boolean);
        _viewCount = layout.Views.Count;
        _columnCount = layout.Columns.Count;
        _int64Offset = Float64Offset + (_float64Count * sizeof(double));
        _eventTimesOffset = _int64Offset + (_int64Count * sizeof(long));
        _float32Offset = _eventTimesOffset + (_viewCount * sizeof(long));
        _stringLengthsOffset = _float32Offset + (_float32Count * sizeof(float));
        _statusOffset = _stringLengthsOffset + (_stringCount * sizeof(int));
        _booleanOffset = _statusOffset + _columnCount;
        FixedLength = (_booleanOffset + _booleanCount + 7) & ~7;
    }

    /// <summary>The features of the model.</summary>
    public FeatureRowLayout Layout { get; }

    /// <summary>Bytes of the fixed part, a multiple of 8.</summary>
    public int FixedLength { get; }

    /// <summary>Whether the features of a call lie as the model said that they would.</summary>
    public bool Fits(in PredictionRecord record) => FitsLayout(record.Features.Layout);

    /// <summary>A number of bytes that is enough for a prediction. Long, because tags have no limit.</summary>
    public long Measure(in PredictionRecord record)
    {
        long length = FixedLength + (record.Scores.Length * sizeof(double));
        if (!record.Keys.IsEmpty)
        {
            length += _keyRedactor is null ? EntityKeyEncoding.GetMaximumLength(record.Keys) : KeyRedactor.GetMaximumLength(record.Keys);
        }

        for (var i = 0; i < _stringCount; i++)
        {
            var text = record.Features.StringOf(i).Length;
            length += _featureRedactor?.LengthOfText(i, text) ?? text;
        }

        foreach (ref readonly var tag in record.Tags)
        {
            length += 8L + (tag.Key.Length * 3L) + TagRedactor.GetMaximumLength(tag.Value);
        }

        return length;
    }

    /// <summary>Copies a prediction.</summary>
    /// <param name="record">The prediction, which <see cref="Fits"/>.</param>
    /// <param name="variant">Index of the variant.</param>
    /// <param name="weight">By how much its sampling weight grows because others are left out; 0 when it is left out itself.</param>
    /// <param name="body">At least <see cref="Measure"/> bytes, aligned to 8.</param>
    public void Write(in PredictionRecord record, int variant, double weight, Span<byte> body)
    {
        var features = record.Features;
        record.Id.Write(body);
        record.RequestId.Write(body[RequestIdOffset..]);
        MemoryMarshal.Write(
            body[EventTimeOffset..],
            new Numbers
            {
                EventTime = record.EventTime,
                RequestTime = record.RequestTime,
                OwnWeight = record.SamplingWeight,
                KeptWeight = record.SamplingWeight * weight,
                Latency = record.LatencyNanoseconds,
                StoredFeatureLatency = record.StoredFeatureLatency,
                StoredQueueLatency = record.StoredQueueLatency,
                StoredRunLatency = record.StoredRunLatency,
            });
        if (record.TraceId != default)
        {
            record.TraceId.CopyTo(body.Slice(TraceOffset, 16));
        }

        var counts = MemoryMarshal.Cast<byte, int>(body.Slice(CountsOffset, CountsLength * sizeof(int)));
        counts[OutcomeIndex] = (int)record.Outcome;
        counts[VariantIndex] = variant;
        counts[ScoreCountIndex] = record.Scores.Length;
        counts[TagCountIndex] = record.Tags.Length;
        counts[LeftOutIndex] = weight == 0 ? 1 : 0;

        if (_featureRedactor is null)
        {
            CopyNumbers(features, body);
        }
        else
        {
            CopyRedacted(_featureRedactor, features, body);
        }

        MemoryMarshal.AsBytes(features.EventTimes).CopyTo(body[_eventTimesOffset..]);
        MemoryMarshal.AsBytes(features.Status).CopyTo(body[_statusOffset..]);
        var position = FixedLength;
        MemoryMarshal.AsBytes(record.Scores).CopyTo(body[position..]);
        position += record.Scores.Length * sizeof(double);
        counts[KeyLengthIndex] = record.Keys.IsEmpty ? -1 : _keyRedactor?.Encode(record.Keys, body[position..]) ?? EntityKeyEncoding.Encode(record.Keys, body[position..]);
        position += Math.Max(counts[KeyLengthIndex], 0);
        if (_stringCount > 0)
        {
            position = WriteTexts(features, body, position);
        }

        foreach (ref readonly var tag in record.Tags)
        {
            position = WriteText(tag.Key, body, position);
            position = WriteTagValue(tag, body, position);
        }
    }

    /// <summary>Reads a prediction in place.</summary>
    /// <param name="body">What <see cref="Write"/> wrote, and whatever follows it.</param>
    public RecordView View(ReadOnlySpan<byte> body) => new(this, body);

    /// <summary>Whether a prediction is left out of the log, and in the ring for those only who watch the live stream.</summary>
    /// <param name="memory">Memory with predictions.</param>
    /// <param name="body">Where it begins.</param>
    public static bool IsLeftOut(ReadOnlySpan<byte> memory, int body) => MemoryMarshal.Read<int>(memory[(body + CountsOffset + (LeftOutIndex * sizeof(int)))..]) != 0;

    /// <summary>Where the event time of a view lies.</summary>
    public int EventTimeOffsetOf(int view) => _eventTimesOffset + (view * sizeof(long));

    /// <summary>Where the status of a feature lies.</summary>
    public int StatusOffsetOf(int column) => _statusOffset + column;

    /// <summary>Where a feature lies that is a number, a truth value or a vector.</summary>
    public int ValueOffsetOf(int column)
    {
        var ordinal = Layout.OffsetOf(column);
        return Layout.Columns[column].Type switch
        {
            FeatureType.Float32 => _float32Offset + (ordinal * sizeof(float)),
            FeatureType.Float64 => Float64Offset + (ordinal * sizeof(double)),
            FeatureType.Int64 => _int64Offset + (ordinal * sizeof(long)),
            FeatureType.Boolean => _booleanOffset + ordinal,
            _ => throw new ArgumentOutOfRangeException(nameof(column), column, "Expected a feature that is no text."),
        };
    }

    private void CopyNumbers(FeatureRow features, Span<byte> body)
    {
        if (_float32Count > 0)
        {
            MemoryMarshal.AsBytes(features.Float32).CopyTo(body[_float32Offset..]);
        }

        if (_float64Count > 0)
        {
            MemoryMarshal.AsBytes(features.Float64).CopyTo(body[Float64Offset..]);
        }

        if (_int64Count > 0)
        {
            MemoryMarshal.AsBytes(features.Int64).CopyTo(body[_int64Offset..]);
        }

        if (_booleanCount > 0)
        {
            MemoryMarshal.AsBytes(features.Boolean).CopyTo(body[_booleanOffset..]);
        }
    }

    private void CopyRedacted(FeatureRedactor redactor, FeatureRow features, Span<byte> body)
    {
        redactor.Copy(features.Float32, MemoryMarshal.Cast<byte, float>(body[_float32Offset.._stringLengthsOffset]));
        redactor.Copy(features.Float64, MemoryMarshal.Cast<byte, double>(body[Float64Offset.._int64Offset]));
        redactor.Copy(features.Int64, MemoryMarshal.Cast<byte, long>(body[_int64Offset.._eventTimesOffset]));
        redactor.CopyBooleans(MemoryMarshal.AsBytes(features.Boolean), body[_booleanOffset..]);
    }

    private bool FitsLayout(FeatureRowLayout layout)
    {
        if (ReferenceEquals(layout, Layout))
        {
            return true;
        }

        if (layout.Columns.Count != Layout.Columns.Count)
        {
            return false;
        }

        for (var i = 0; i < layout.Columns.Count; i++)
        {
            if (layout.Columns[i] != Layout.Columns[i])
            {
                return false;
            }
        }

        return true;
    }

    private int WriteTexts(FeatureRow features, Span<byte> body, int position)
    {
        var lengths = MemoryMarshal.Cast<byte, int>(body[_stringLengthsOffset.._statusOffset]);
        for (var i = 0; i < lengths.Length; i++)
        {
            var text = features.StringOf(i);
            if (_featureRedactor is null)
            {
                text.CopyTo(body[position..]);
                lengths[i] = text.Length;
            }
            else
            {
                lengths[i] = _featureRedactor.CopyText(i, text, body[position..]);
            }

            position += lengths[i];
        }

        return position;
    }

    private int WriteTagValue(in KeyValuePair<string, string> tag, Span<byte> body, int position)
    {
        switch (_tagRedactor?.Of(tag.Key)?.Kind)
        {
            case RedactionKind.Hash when tag.Value is { } value:
                BinaryPrimitives.WriteInt32LittleEndian(body[position..], RedactionKey.TextLength);
                _tagRedactor.WriteHash(value, body[(position + sizeof(int))..]);
                return position + sizeof(int) + RedactionKey.TextLength;
            case null:
                return WriteText(tag.Value, body, position);
            default:
                return WriteText(null, body, position);
        }
    }

    private static int WriteText(string? text, Span<byte> body, int position)
    {
        var length = text is null ? -1 : Encoding.UTF8.GetBytes(text, body[(position + sizeof(int))..]);
        BinaryPrimitives.WriteInt32LittleEndian(body[position..], length);
        return position + sizeof(int) + Math.Max(length, 0);
    }

    /// <summary>The numbers of a prediction, written and read at once.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct Numbers
    {
        public long EventTime;
        public long RequestTime;
        public double OwnWeight;
        public double KeptWeight;
        public long Latency;

        /// <summary>One more than the nanoseconds, 0 where they were not measured.</summary>
        public long StoredFeatureLatency;

        /// <inheritdoc cref="StoredFeatureLatency"/>
        public long StoredQueueLatency;

        /// <inheritdoc cref="StoredFeatureLatency"/>
        public long StoredRunLatency;
    }

    /// <summary>What of a prediction in the ring has no place of its own, read in place.</summary>
    internal readonly ref struct RecordView(RecordFormat format, ReadOnlySpan<byte> body)
    {
        private readonly ReadOnlySpan<byte> _body = body;

        public byte Outcome => (byte)Counts[OutcomeIndex];

        public int Variant => Counts[VariantIndex];

        public int TagCount => Counts[TagCountIndex];

        public bool HasKey => Counts[KeyLengthIndex] >= 0;

        public ReadOnlySpan<int> StringLengths => MemoryMarshal.Cast<byte, int>(_body[format._stringLengthsOffset..format._statusOffset]);

        public ReadOnlySpan<double> Scores => MemoryMarshal.Cast<byte, double>(_body.Slice(format.FixedLength, ScoreLength));

        public ReadOnlySpan<byte> Key => _body.Slice(format.FixedLength + ScoreLength, KeyLength);

        /// <summary>Where the first text begins; the texts follow each other, then come the tags.</summary>
        public int TextStart => format.FixedLength + ScoreLength + KeyLength;

        private ReadOnlySpan<int> Counts => MemoryMarshal.Cast<byte, int>(_body.Slice(CountsOffset, CountsLength * sizeof(int)));

        private int ScoreLength => Counts[ScoreCountIndex] * sizeof(double);

        private int KeyLength => Math.Max(Counts[KeyLengthIndex], 0);

        /// <summary>Bytes at a place after <see cref="TextStart"/>.</summary>
        public ReadOnlySpan<byte> Bytes(int position, int length) => _body.Slice(position, length);

        /// <summary>Reads the text of a tag and moves behind it.</summary>
        /// <param name="position">Where it begins; afterwards, where the next one does.</param>
        /// <param name="isNull">Whether there is no text.</param>
        public ReadOnlySpan<byte> ReadTagText(ref int position, out bool isNull)
        {
            var length = BinaryPrimitives.ReadInt32LittleEndian(_body[position..]);
            isNull = length < 0;
            var text = _body.Slice(position + sizeof(int), Math.Max(length, 0));
            position += sizeof(int) + text.Length;
            return text;
        }
    }
}
