using Microsoft.Extensions.Logging.Abstractions;
using Mlp.Monitoring.Labels;
using Mlp.Monitoring.Performance;
using Mlp.Monitoring.Tests.Compaction;
using Mlp.Runtime.Data;
using Mlp.Runtime.Models;
using Mlp.Runtime.Predictions;
using Mlp.Runtime.Storage;

namespace Mlp.Monitoring.Tests.Performance;

/// <summary>Quality of what was compacted to Parquet.</summary>
public sealed class CompactedQualityTests
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(ModelTask.BinaryClassification, 1)]
    [InlineData(ModelTask.MulticlassClassification, 3)]
    public async Task EvaluateAsync_SegmentsWereCompacted_GivesTheSameFigures(ModelTask task, int outputs)
    {
        await using var log = new MaintainedLog();
        using var labels = new LabelStore(log.Log.Directory, DiskSync.Instance, TimeProvider.System, NullLogger<LabelStore>.Instance);
        using var performance = new LivePerformance(log.Log.Directory, labels, 1_000);
        await WriteAsync(log, task, outputs, 400);
        await labels.RecordAsync(Enumerable.Range(0, 400).Select(i => Label.ForPrediction(TestModels.Id(i), i * 7 % (outputs == 1 ? 2 : 3), Noon)).Append(Label.ForPrediction(TestModels.Id(900), 1, Noon)).ToArray(), default);
        var options = new EvaluationOptions { ByVariant = true, MaximumSliceCount = 2, Window = TimeSpan.FromSeconds(200), Slide = TimeSpan.FromSeconds(100), Bootstrap = false };
        options.Slices.Add(SliceDefinition.Key("area"));
        options.Slices.Add(SliceDefinition.Tag("source"));
        options.Slices.Add(SliceDefinition.Feature("x0", 0.5));

        var before = await performance.EvaluateAsync("tips", options, default);
        var report = await performance.CheckLabelsAsync(default);
        await log.RunAsync();

        Assert.Empty(log.Files(".mlplog"));
        Assert.NotEmpty(log.Files(".parquet"));
        var after = await performance.EvaluateAsync("tips", options, default);
        Assert.True(before.Count > 40, $"Expected many results, but found {before.Count}.");
        Assert.Equal(before.Select(Text), after.Select(Text));
        var again = await performance.CheckLabelsAsync(default);
        Assert.Equal((report.LabelCount, report.UnknownCount, 1), (again.LabelCount, again.UnknownCount, again.UnknownCount));
    }

    private static string Text(PerformanceResult result)
        => $"{result.From:O} {result.Variant} {result.Slice} {result.LabelledCount} {result.BinaryClassification?.Auc:R} {result.BinaryClassification?.LogLoss:R} {result.Multiclass?.MacroF1:R} {result.Multiclass?.LogLoss:R}";

    private static async Task WriteAsync(MaintainedLog log, ModelTask task, int outputs, int count)
    {
        var sink = log.Log.Writer.Attach(TestModels.Serve(MaintainedLog.Layout, outputs: outputs, task: task))!;
        var rows = new FeatureRows(MaintainedLog.Layout, 1);
        rows.Status.Fill(FeatureStatus.Present);
        for (var i = 0; i < count; i++)
        {
            rows.Float32Of(0)[0] = i % 10 / 10f;
            var time = Microseconds.FromRequestTime(Noon.AddSeconds(i));
            var score = GoldenSequences.Golden(i);
            sink.Record(new PredictionRecord
            {
                Id = TestModels.Id(i),
                EventTime = time,
                RequestTime = time,
                LatencyNanoseconds = 1,
                Outcome = PredictionOutcome.Ok,
                Keys = (EntityValue[])["x", i % 5],
                Features = rows.RowOf(0),
                Scores = outputs == 1 ? [score] : [score / 2, (1 - score) / 2, 0.5],
                Tags = i % 3 == 0 ? default : new[] { new KeyValuePair<string, string>("source", $"s{i % 3}") },
            });
        }

        await log.Log.FlushAsync();
        (sink as IDisposable)!.Dispose();
        await log.Log.FlushAsync();
    }
}
