using System.Globalization;
using System.Text;
using Apache.Arrow;
using Apache.Arrow.Types;
using Mlp.Monitoring.PredictionLog;
using Mlp.Monitoring.Segments;
using Mlp.Runtime.Data;
using Mlp.Runtime.Predictions;

namespace Mlp.Monitoring.Labels;

/// <summary>Turns labels into Arrow, in memory that is used again for the next batch, and gives each its id. Not thread-safe.</summary>
internal sealed class LabelBatch
{
    /// <summary>The schema of labels.</summary>
    public static readonly Schema Schema = new(
        [
            new(LabelColumns.LabelId, new FixedSizeBinaryType(PredictionId.ByteCount), nullable: false),
            new(LabelColumns.Name, StringType.Default, nullable: false),
            new(LabelColumns.PredictionId, new FixedSizeBinaryType(PredictionId.ByteCount), nullable: true),
            new(LabelColumns.Model, StringType.Default, nullable: true),
            new(LabelColumns.EntityKey, BinaryType.Default, nullable: true),
            new(LabelColumns.EventTime, PredictionSchema.Time, nullable: true),
            new(LabelColumns.Value, DoubleType.Default, nullable: true),
            new(LabelColumns.ObservedTime, PredictionSchema.Time, nullable: false),
            new(LabelColumns.RecordedTime, PredictionSchema.Time, nullable: false),
        ],
        [
            new(SchemaMetadata.Format, LabelSegmentHeader.FormatName),
            new(SchemaMetadata.FormatVersion, LabelSegmentHeader.CurrentFormatVersion.ToString(CultureInfo.InvariantCulture)),
        ]);

    private readonly FixedBinaryColumn _id = new(PredictionId.ByteCount);
    private readonly BinaryColumn _name = new(StringType.Default);
    private readonly FixedBinaryColumn _prediction = new(PredictionId.ByteCount);
    private readonly BinaryColumn _model = new(StringType.Default);
    private readonly BinaryColumn _key = new(BinaryType.Default);
    private readonly FixedColumn<long> _eventTime = new(PredictionSchema.Time);
    private readonly FixedColumn<double> _value = new(DoubleType.Default);
    private readonly FixedColumn<long> _observed = new(PredictionSchema.Time);
    private readonly FixedColumn<long> _recorded = new(PredictionSchema.Time);
    private PredictionId _latestId;

    /// <summary>The labels as Arrow, in the memory of this object: valid until the next call.</summary>
    public RecordBatch Build(ReadOnlySpan<Label> labels, DateTimeOffset recordedAt)
    {
        ColumnBuffer[] columns = [_id, _name, _prediction, _model, _key, _eventTime, _value, _observed, _recorded];
        foreach (var column in columns)
        {
            column.Clear();
        }

        Span<byte> id = stackalloc byte[PredictionId.ByteCount];
        foreach (ref readonly var label in labels)
        {
            NextId(recordedAt).Write(id);
            _id.Append(id);
            _name.Append(Encoding.UTF8.GetBytes(label.Name));
            label.PredictionId.GetValueOrDefault().Write(id);
            _prediction.Append(id, label.PredictionId is not null);
            _model.Append(Encoding.UTF8.GetBytes(label.Model ?? string.Empty), label.Model is not null);
            _key.Append(EncodeKey(label.EntityKey.Span), !label.EntityKey.IsEmpty);
            _eventTime.Append(label.EventTime is { } time ? Microseconds.FromRequestTime(time) : 0, label.EventTime is not null);
            _value.Append(label.Value.GetValueOrDefault(), label.Value is not null);
            _observed.Append(Microseconds.FromRequestTime(label.ObservedAt));
            _recorded.Append(Microseconds.FromRequestTime(recordedAt));
        }

        return new RecordBatch(Schema, columns.Select(c => ArrowArrayFactory.BuildArray(c.Build())), labels.Length);
    }

    private static byte[] EncodeKey(ReadOnlySpan<EntityValue> key)
    {
        if (key.IsEmpty)
        {
            return [];
        }

        var bytes = new byte[EntityKeyEncoding.GetMaximumLength(key)];
        return bytes[..EntityKeyEncoding.Encode(key, bytes)];
    }

    /// <summary>The generator counts on each thread alone; here ids grow from label to label, whoever records.</summary>
    private PredictionId NextId(DateTimeOffset recordedAt)
    {
        var next = PredictionIdGenerator.Next(recordedAt.ToUnixTimeMilliseconds());
        return _latestId = next > _latestId ? next : _latestId.Successor();
    }
}
