using Apache.Arrow;
using Apache.Arrow.Types;
using Mlp.Monitoring.PredictionLog;
using Mlp.Monitoring.Segments;
using Mlp.Runtime.Data;
using Mlp.Runtime.Predictions;
using Mlp.Runtime.Storage;

namespace Mlp.Monitoring.Tests.PredictionLog;

/// <summary>A segment as another version of the platform could write it: it lacks most columns and has one that nobody knows.</summary>
internal static class FewerColumnsLog
{
    public const int RowCount = 4;

    /// <summary>Predictions 1 to 4 at the request times 2,001 to 2,004, the last one failed; the first three scored 0.25, 0.5 and 0.75, with features x0 of 1, null and 3.</summary>
    public static void Write(string path)
    {
        var fields = new Field[]
        {
            new("later_addition", Int64Type.Default, true),
            new("f_x0", FloatType.Default, true, [new(PredictionColumns.FeatureKey, "x0"), new(PredictionColumns.ViewKey, "v")]),
            new("score", DoubleType.Default, true),
            new("request_time", PredictionSchema.Time, false),
            new("prediction_id", new FixedSizeBinaryType(16), false),
            new("outcome", UInt8Type.Default, false),
        };
        var (later, feature, score) = (new FixedColumn<long>(Int64Type.Default), new FixedColumn<float>(FloatType.Default), new FixedColumn<double>(DoubleType.Default));
        var (time, id, outcome) = (new FixedColumn<long>(PredictionSchema.Time), new FixedBinaryColumn(16), new FixedColumn<byte>(UInt8Type.Default));
        Span<byte> bytes = stackalloc byte[16];
        for (var i = 1; i <= RowCount; i++)
        {
            TestModels.Id(i).Write(bytes);
            later.Append(i);
            feature.Append(i, i != 2);
            score.Append(0.25 * i, i != 4);
            time.Append(2_000 + i);
            id.Append(bytes);
            outcome.Append((byte)(i == 4 ? PredictionOutcome.Error : PredictionOutcome.Ok));
        }

        ColumnBuffer[] columns = [later, feature, score, time, id, outcome];
        var schema = new Schema(fields, new Dictionary<string, string> { [PredictionColumns.FormatKey] = PredictionColumns.FormatName });
        using var batch = new RecordBatch(schema, columns.Select(c => ArrowArrayFactory.BuildArray(c.Build())), RowCount);
        using var frames = new ArrowFrames(schema);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var header = SegmentHeader.For(TestModels.Serve(new FeatureRowLayout([new("x0", FeatureType.Float32, "v")])), DateTimeOffset.UnixEpoch);
        using var writer = FrameLogWriter.Create(DiskSync.Instance, path, header.ToJson());
        writer.Append(frames.SchemaMessage);
        writer.Append(frames.BatchMessage(batch));
    }
}
