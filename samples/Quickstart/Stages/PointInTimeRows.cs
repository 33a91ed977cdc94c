using Apache.Arrow;
using Mlp.Monitoring.PredictionLog;
using Mlp.Runtime.Data;

namespace Quickstart.Stages;

/// <summary>The rows of a point-in-time join, to compare logged predictions with: value and status of each feature, bit for bit.</summary>
internal sealed class PointInTimeRows
{
    private readonly IReadOnlyList<FeatureColumn> _features;
    private readonly List<RecordBatch> _batches = [];
    private readonly List<int> _starts = [];

    private PointInTimeRows(IReadOnlyList<FeatureColumn> features) => _features = features;

    public static async Task<PointInTimeRows> ReadAsync(ITrainingSet set, CancellationToken cancellationToken)
    {
        var rows = new PointInTimeRows(set.Manifest.Features);
        var start = 0;
        await foreach (var batch in set.ReadAsync(cancellationToken))
        {
            rows._batches.Add(batch);
            rows._starts.Add(start);
            start += batch.Length;
        }

        return rows;
    }

    /// <summary>Whether a logged prediction saw exactly what the join says.</summary>
    public bool Equals(int index, RecordBatch logged, int row)
    {
        var found = _starts.BinarySearch(index);
        var batch = found >= 0 ? found : ~found - 1;
        var expected = _batches[batch];
        var expectedRow = index - _starts[batch];
        return _features.All(feature =>
        {
            var status = StatusOf(expected, expectedRow, feature);
            var loggedStatus = (FeatureStatus)((UInt8Array)logged.Column(PredictionColumns.StatusOf(feature.Name))).Values[row];
            return status == loggedStatus
                && (status != FeatureStatus.Present || SameBits(expected.Column(feature.Name), expectedRow, logged.Column(PredictionColumns.FeatureOf(feature.Name)), row));
        });
    }

    private static FeatureStatus StatusOf(RecordBatch batch, int row, FeatureColumn feature)
    {
        if (batch.Column(feature.Name).IsValid(row))
        {
            return FeatureStatus.Present;
        }

        var index = batch.Schema.GetFieldIndex(TrainingSetColumns.StatusOf(feature.View));
        var view = index < 0 ? FeatureStatus.Present : (FeatureStatus)((UInt8Array)batch.Column(index)).Values[row];
        return view == FeatureStatus.Present ? FeatureStatus.Null : view;
    }

    private static bool SameBits(IArrowArray a, int rowA, IArrowArray b, int rowB) => (a, b) switch
    {
        (FloatArray x, FloatArray y) => BitConverter.SingleToInt32Bits(x.Values[rowA]) == BitConverter.SingleToInt32Bits(y.Values[rowB]),
        (DoubleArray x, DoubleArray y) => BitConverter.DoubleToInt64Bits(x.Values[rowA]) == BitConverter.DoubleToInt64Bits(y.Values[rowB]),
        (Int64Array x, Int64Array y) => x.Values[rowA] == y.Values[rowB],
        (BooleanArray x, BooleanArray y) => x.GetValue(rowA) == y.GetValue(rowB),
        (StringArray x, StringArray y) => x.GetBytes(rowA, out _).SequenceEqual(y.GetBytes(rowB, out _)),
        _ => false,
    };
}
