using Apache.Arrow;
using Apache.Arrow.Types;
using Mlp.Monitoring.PredictionLog;
using Mlp.Runtime.Data;
using Quickstart.Stages;

namespace Mlp.Integration.Tests.Quickstart;

/// <summary>A served row that differs from the joined one by a bit or a status is found.</summary>
public sealed class PointInTimeRowsTests
{
    private static readonly FeatureColumn[] Features = [new("share", FeatureType.Float32, "company"), new("trips", FeatureType.Int64, "company"), new("hour", FeatureType.String, "request")];

    [Theory]
    [InlineData(1, 0.5f, 7, "a", FeatureStatus.Present, true)]
    [InlineData(1, 0.50000006f, 7, "a", FeatureStatus.Present, false)]
    [InlineData(1, 0.5f, 8, "a", FeatureStatus.Present, false)]
    [InlineData(1, 0.5f, 7, "b", FeatureStatus.Present, false)]
    [InlineData(1, 0.5f, 7, "a", FeatureStatus.Missing, false)]
    [InlineData(2, 0f, 7, "a", FeatureStatus.Present, false)]
    [InlineData(2, -0f, 7, "a", FeatureStatus.Present, true)]
    [InlineData(0, 0.25f, 7, "a", FeatureStatus.Expired, true)]
    [InlineData(0, 0.25f, 7, "a", FeatureStatus.Missing, false)]
    public async Task Equals_OneValueOrStatus_Decides(int index, float share, long trips, string hour, FeatureStatus status, bool expected)
    {
        // Two batches: the second one holds the rows from 1 on. The view of row 0 had expired.
        using var first = Joined([null], [7], [FeatureStatus.Expired]);
        using var second = Joined([0.5f, -0f], [7, 7], [FeatureStatus.Present, FeatureStatus.Present]);
        var rows = await PointInTimeRows.ReadAsync(new ArrowTrainingSet([first, second], Features, labelColumn: null), CancellationToken.None);
        using var logged = Logged(share, trips, hour, status);

        Assert.Equal(expected, rows.Equals(index, logged, 0));
    }

    private static RecordBatch Joined(float?[] shares, long[] trips, FeatureStatus[] statuses)
        => Batch(
            shares.Length,
            ("share", FloatType.Default, shares.Aggregate(new FloatArray.Builder(), (b, s) => s is { } value ? b.Append(value) : b.AppendNull()).Build()),
            ("trips", Int64Type.Default, new Int64Array.Builder().AppendRange(trips).Build()),
            ("hour", StringType.Default, new StringArray.Builder().AppendRange(shares.Select(_ => "a")).Build()),
            (TrainingSetColumns.StatusOf("company"), UInt8Type.Default, new UInt8Array.Builder().AppendRange(statuses.Select(s => (byte)s)).Build()));

    private static RecordBatch Logged(float share, long trips, string hour, FeatureStatus status)
        => Batch(
            1,
            (PredictionColumns.FeatureOf("share"), FloatType.Default, new FloatArray.Builder().Append(share).Build()),
            (PredictionColumns.StatusOf("share"), UInt8Type.Default, new UInt8Array.Builder().Append((byte)status).Build()),
            (PredictionColumns.FeatureOf("trips"), Int64Type.Default, new Int64Array.Builder().Append(trips).Build()),
            (PredictionColumns.StatusOf("trips"), UInt8Type.Default, new UInt8Array.Builder().Append((byte)FeatureStatus.Present).Build()),
            (PredictionColumns.FeatureOf("hour"), StringType.Default, new StringArray.Builder().Append(hour).Build()),
            (PredictionColumns.StatusOf("hour"), UInt8Type.Default, new UInt8Array.Builder().Append((byte)FeatureStatus.Present).Build()));

    private static RecordBatch Batch(int rowCount, params (string Name, IArrowType Type, IArrowArray Values)[] columns)
        => new(new Schema([.. columns.Select(c => new Field(c.Name, c.Type, true))], null), columns.Select(c => c.Values), rowCount);
}
