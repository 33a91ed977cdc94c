using Apache.Arrow;
using Apache.Arrow.Types;
using Mlp.Monitoring.PredictionLog;
using Mlp.Monitoring.Segments;
using Mlp.Runtime.Data;
using Mlp.Runtime.Predictions;

namespace Mlp.Monitoring.Labels;

/// <summary>Turns labels into Arrow, in memory that is used again for the next batch. Not thread-safe.</summary>
internal sealed class LabelBatch
{
    /// <summary>The schema of labels.</summary>
    public static readonly Schema Schema = new(
        [
            new(LabelColumns.PredictionId, new FixedSizeBinaryType(PredictionId.ByteCount), nullable: false),
            new(LabelColumns.Label, DoubleType.Default, nullable: false),
            new(LabelColumns.ObservedTime, PredictionSchema.Time, nullable: false),
            new(LabelColumns.RecordedTime, PredictionSchema.Time, nullable: false),
        ],
        null);

    private readonly FixedBinaryColumn _id = new(PredictionId.ByteCount);
    private readonly FixedColumn<double> _label = new(DoubleType.Default);
    private readonly FixedColumn<long> _observed = new(PredictionSchema.Time);
    private readonly FixedColumn<long> _recorded = new(PredictionSchema.Time);

    /// <summary>The labels as Arrow, in the memory of this object: valid until the next call.</summary>
    public RecordBatch Build(ReadOnlySpan<Label> labels, DateTimeOffset recordedAt)
    {
        _id.Clear();
        _label.Clear();
        _observed.Clear();
        _recorded.Clear();
        Span<byte> id = stackalloc byte[PredictionId.ByteCount];
        foreach (ref readonly var label in labels)
        {
            label.PredictionId.Write(id);
            _id.Append(id);
            _label.Append(label.Value);
            _observed.Append(Microseconds.FromRequestTime(label.ObservedAt));
            _recorded.Append(Microseconds.FromRequestTime(recordedAt));
        }

        ColumnBuffer[] columns = [_id, _label, _observed, _recorded];
        return new RecordBatch(Schema, columns.Select(c => ArrowArrayFactory.BuildArray(c.Build())), labels.Length);
    }
}
