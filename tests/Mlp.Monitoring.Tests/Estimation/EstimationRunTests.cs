using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Mlp.Monitoring.Estimation;
using Mlp.Monitoring.Figures;
using Mlp.Monitoring.Labels;
using Mlp.Monitoring.Performance;
using Mlp.Monitoring.Tests.Drift;
using Mlp.Monitoring.Tests.Performance;
using Mlp.Monitoring.Tests.PredictionLog;
using Mlp.Runtime.Data;
using Mlp.Runtime.Models;
using Mlp.Runtime.Predictions;
using Mlp.Runtime.Statistics.Estimation;
using Mlp.Runtime.Storage;
using Mlp.TestSupport;

namespace Mlp.Monitoring.Tests.Estimation;

public sealed class EstimationRunTests : IDisposable
{
    private static readonly FeatureRowLayout Layout = TestModels.FloatLayout(1);
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly LogHarness _log = new();
    private readonly LabelStore _labels;
    private readonly FakeTimeProvider _time = new(Start.AddYears(1));
    private readonly LivePerformance _performance;

    public EstimationRunTests()
    {
        _labels = new LabelStore(_log.Directory, DiskSync.Instance, TimeProvider.System, NullLogger<LabelStore>.Instance);
        _performance = new LivePerformance(_log.Directory, _labels, 100_000, _time);
    }

    public void Dispose()
    {
        _labels.Dispose();
        _performance.Dispose();
        _log.Dispose();
    }

    [ReferenceDataFact(GoldenNannyMl.Folder)]
    public async Task EstimateAsync_Elec_FindsThatTheEstimateNoLongerHoldsInAllChunksButOne()
    {
        // A row a second; chunks are windows of 2,000 seconds.
        var (reference, analysis) = (GoldenNannyMl.Rows("reference"), GoldenNannyMl.Rows("analysis"));
        await WriteAsync([.. reference.Scores, .. analysis.Scores], [.. reference.Labels, .. analysis.Labels]);
        var end = Start.AddSeconds(reference.Scores.Length);

        var results = await _performance.EstimateAsync(
            "tips", new EstimationOptions { ReferenceTo = end, Window = TimeSpan.FromSeconds(GoldenNannyMl.ChunkSize), ChunkSize = GoldenNannyMl.ChunkSize }, default);

        Assert.Equal(12, results.Count);
        var holds = results.Select(r => !r.Findings.Any(f => f.Kind == FindingKind.EstimateNoLongerHolds)).ToArray();
        Assert.Equal([1], Enumerable.Range(0, 12).Where(i => holds[i]));
        var cbpe = GoldenNannyMl.Table("cbpe.csv").Where(l => l["chunk_period"] == "analysis").ToArray();
        var realized = GoldenNannyMl.Table("realized.csv").Where(l => l["chunk_period"] == "analysis").ToArray();
        for (var i = 0; i < 12; i++)
        {
            Assert.Equal(Start.AddSeconds(reference.Scores.Length + (i * GoldenNannyMl.ChunkSize)), results[i].From);
            Assert.Equal(GoldenNannyMl.ChunkSize, results[i].RowCount);
            Assert.Equal(GoldenNannyMl.Number(cbpe[i]["roc_auc_value"]), results[i][EstimatedMetric.Auc].Value, 1e-6);
            Assert.Equal(GoldenNannyMl.Number(realized[i]["roc_auc_value"]), results[i].Realized.BinaryClassification!.Auc, 1e-9);
            Assert.Equal(GoldenNannyMl.Number(realized[i]["average_precision_value"]), results[i].Realized.BinaryClassification!.AveragePrecision, 1e-9);
            Assert.Equal(GoldenNannyMl.Number(realized[i]["accuracy_value"]), results[i].Realized.BinaryClassification!.Accuracy, 1e-9);
            Assert.Equal(GoldenNannyMl.Number(realized[i]["f1_value"]), results[i].Realized.BinaryClassification!.F1, 1e-9);
            var isLow = results[i].Realized.BinaryClassification!.Auc < GoldenNannyMl.Number(cbpe[i]["roc_auc_lower_threshold"]);
            Assert.Equal(isLow, results[i].Findings.Any(f => f.Kind == FindingKind.Performance && f.Test == FigureNames.Auc));
        }

        var finding = results[0].Findings.First(f => f.Kind == FindingKind.EstimateNoLongerHolds);
        Assert.Contains("the estimate no longer holds (model 'tips' version 1, from ", finding.Message, StringComparison.Ordinal);
        Assert.Equal((7_500, 2_000), (finding.ReferenceRowCount, finding.RowCount));
    }

    [Fact]
    public async Task EstimateAsync_InputsShift_IsRightWithoutLabelsAndWaitsForThemToMature()
    {
        // Scores that are probabilities; later rows are harder, which the scores say.
        var random = new Random(2);
        var scores = Enumerable.Range(0, 20_000).Select(i => i < 10_000 ? random.NextDouble() : 0.3 + (0.4 * random.NextDouble())).ToArray();
        var labels = scores.Select(s => (byte)(random.NextDouble() < s ? 1 : 0)).ToArray();
        await WriteAsync(scores, labels);
        _time.SetUtcNow(Start.AddYears(1));
        var options = new EstimationOptions { ReferenceTo = Start.AddSeconds(8_000), Window = TimeSpan.FromSeconds(2_000), Maturity = TimeSpan.FromDays(364.9) };

        var results = await _performance.EstimateAsync("tips", options, default);

        Assert.Equal(6, results.Count);
        Assert.All(results, r => Assert.DoesNotContain(r.Findings, f => f.Kind == FindingKind.EstimateNoLongerHolds));
        Assert.All(results.Skip(1), r => Assert.Contains(r.Findings, f => f.Kind == FindingKind.Performance && f.Test == "estimated_auc"));
        Assert.DoesNotContain(results[0].Findings, f => f.Kind == FindingKind.Performance);
        foreach (var result in results.Where(r => r.IsChecked))
        {
            Assert.InRange(result.Realized.BinaryClassification!.Auc, result[EstimatedMetric.Auc].Lower, result[EstimatedMetric.Auc].Upper);
        }

        // What came within the last days is estimated and not compared.
        var young = await _performance.EstimateAsync("tips", new EstimationOptions { ReferenceTo = Start.AddSeconds(8_000), Maturity = TimeSpan.FromDays(366) }, default);
        Assert.Equal((12_000, false, 12_000), (young[0].RowCount, young[0].IsChecked, young[0].Realized.ImmatureCount));
    }

    [Fact]
    public async Task EstimateAsync_NoReference_IsRefusedByASentence()
    {
        await WriteAsync([0.2, 0.4], [0, 1]);

        var none = await Assert.ThrowsAsync<InvalidOperationException>(() => _performance.EstimateAsync("tips", new EstimationOptions { ReferenceTo = Start }, default));
        Assert.StartsWith("Expected a reference with labels to learn from, but found 0 labelled predictions", none.Message, StringComparison.Ordinal);
        var neither = await Assert.ThrowsAsync<InvalidOperationException>(() => _performance.EstimateAsync("tips", new EstimationOptions(), default));
        Assert.StartsWith("Expected an estimator that fits the model's task, BinaryClassification, given or published with the version, or ReferenceTo", neither.Message, StringComparison.Ordinal);
        var both = new EstimationOptions { ReferenceTo = Start, Estimator = PerformanceEstimator.Fit([0.2, 0.7], [0, 1], 1) };
        Assert.StartsWith("Expected either Estimator", (await Assert.ThrowsAsync<ArgumentException>(() => _performance.EstimateAsync("tips", both, default))).Message, StringComparison.Ordinal);
        Assert.Empty(await _performance.EstimateAsync("never", new EstimationOptions { ReferenceTo = Start }, default));
    }

    [Fact]
    public async Task EstimateAsync_Ranking_IsRefusedByASentence()
    {
        LogHarness.RecordAs(_log.Writer.Attach(TestModels.Serve(Layout, task: ModelTask.Ranking))!, new FeatureRows(Layout, 1), 0, 3);
        await _log.FlushAsync();

        var e = await Assert.ThrowsAsync<InvalidOperationException>(() => _performance.EstimateAsync("tips", new EstimationOptions { ReferenceTo = Start }, default));

        Assert.StartsWith("Expected a classifier", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task EstimateAsync_SeveralClasses_IsTheEstimatorsAndIsChecked(bool meaningChanges)
    {
        // Labels are drawn from what the scores say; later they may mean the next class.
        var (scores, labels) = EstimationGolden.ClassifierRows(0, 6_000);
        var sink = _log.Writer.Attach(TestModels.Serve(Layout, outputs: 3, task: ModelTask.MulticlassClassification))!;
        var rows = new FeatureRows(Layout, 1);
        for (var i = 0; i < labels.Length; i++)
        {
            Record(sink, rows, i, scores.AsSpan(3 * i, 3));
        }

        await _log.FlushAsync();
        await _labels.RecordAsync(labels.Select((l, i) => Label.ForPrediction(TestModels.Id(i), meaningChanges && i >= 3_000 ? (l + 1) % 3 : l, Start.AddDays(3))).ToArray(), default);
        var options = new EstimationOptions { ReferenceTo = Start.AddSeconds(3_000), Window = TimeSpan.FromSeconds(1_500), ChunkSize = 500 };
        options.Checked.Add(EstimatedMetric.F1);

        var results = await _performance.EstimateAsync("tips", options, default);

        Assert.Equal(2, results.Count);
        var estimator = MulticlassPerformanceEstimator.Fit(scores.AsSpan(0, 9_000), labels.AsSpan(0, 3_000), 3, 500);
        for (var w = 0; w < 2; w++)
        {
            Assert.Equal(estimator.Estimate(scores.AsSpan(3 * (3_000 + (w * 1_500)), 4_500)), results[w].Estimates);
            Assert.Equal(Runtime.Statistics.MulticlassMetrics.Compute(scores.AsSpan(3 * (3_000 + (w * 1_500)), 4_500), meaningChanges ? labels.AsSpan(3_000 + (w * 1_500), 1_500).ToArray().Select(l => (l + 1) % 3).ToArray() : labels.AsSpan(3_000 + (w * 1_500), 1_500), 3).MacroAuc, results[w].Realized.Multiclass!.MacroAuc);
            Assert.Equal(meaningChanges, results[w].Findings.Any(f => f is { Kind: FindingKind.EstimateNoLongerHolds, Test: "estimated_macro_auc" }));
            Assert.Equal(meaningChanges, results[w].Findings.Any(f => f is { Kind: FindingKind.Performance, Test: "macro_f1" }));
        }
    }

    [Fact]
    public async Task EstimateAsync_SeveralClassesGivenAnEstimatorOfFewer_IsRefusedByASentence()
    {
        var sink = _log.Writer.Attach(TestModels.Serve(Layout, outputs: 3, task: ModelTask.MulticlassClassification))!;
        Record(sink, new FeatureRows(Layout, 1), 0, [0.2, 0.3, 0.5]);
        await _log.FlushAsync();
        var estimator = MulticlassPerformanceEstimator.Fit([0.2, 0.8, 0.9, 0.1, 0.4, 0.6], [1, 0, 1], 2, 3);

        var e = await Assert.ThrowsAsync<InvalidOperationException>(() => _performance.EstimateAsync("tips", new EstimationOptions { ClassEstimator = estimator }, default));

        Assert.StartsWith("Expected an estimator of as many classes as the model has, 3, but found one of 2", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task EstimateAsync_NothingSaid_TakesWhatWasPublished()
    {
        var random = new Random(5);
        var scores = Enumerable.Range(0, 3_000).Select(_ => random.NextDouble()).ToArray();
        var labels = scores.Select(s => (byte)(random.NextDouble() < s ? 1 : 0)).ToArray();
        var estimator = PerformanceEstimator.Fit(scores, labels, 500);
        var registry = new ProfileRegistry("tips");
        registry.Add(TestModels.Serve(Layout).Manifest, new Runtime.Statistics.ReferenceProfileBuilder().SetScore([0.5f, 0.6f]).SetEstimator(estimator).Build());
        using var performance = new LivePerformance(_log.Directory, _labels, 100_000, _time, registry: registry);
        await WriteAsync(scores, labels);

        var result = Assert.Single(await performance.EstimateAsync("tips", new EstimationOptions(), default));

        Assert.Equal(estimator.Estimate(scores.AsSpan()), result.Estimates, (a, b) => a.Metric == b.Metric && Math.Abs(a.Value - b.Value) < 1e-12);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task EstimateAsync_Regression_SaysHowGreatTheErrorsAreFromTheFeatures(bool meaningChanges)
    {
        // The error grows with the feature; from the 6,001st row on the feature is greater, and the meaning of it may change too.
        var random = new Random(8);
        var sink = _log.Writer.Attach(TestModels.Serve(Layout, task: ModelTask.Regression))!;
        var rows = new FeatureRows(Layout, 1);
        var labels = new List<Label>();
        rows.StatusOf(0)[0] = FeatureStatus.Present;
        for (var i = 0; i < 10_000; i++)
        {
            var feature = (float)((i < 6_000 ? 0 : 0.5) + (0.5 * random.NextDouble()));
            var spread = i < 6_000 ? 1 + (4 * (i % 3 == 0 ? feature + 0.5f : feature)) : meaningChanges ? 20 : 1 + (4 * feature);
            rows.Float32Of(0)[0] = i % 3 == 0 && i < 6_000 ? feature + 0.5f : feature;
            var time = Microseconds.FromRequestTime(Start.AddSeconds(i));
            sink.Record(new PredictionRecord
            {
                Id = TestModels.Id(i),
                EventTime = time,
                RequestTime = time,
                LatencyNanoseconds = 1,
                Outcome = PredictionOutcome.Ok,
                Features = rows.RowOf(0),
                Scores = [10],
            });
            labels.Add(Label.ForPrediction(TestModels.Id(i), 10 + (spread * GoldenSequences.NormalQuantile(random.NextDouble())), Start.AddDays(3)));
        }

        await _log.FlushAsync();
        await _labels.RecordAsync(labels.ToArray(), default);
        var options = new EstimationOptions { ReferenceTo = Start.AddSeconds(6_000), Window = TimeSpan.FromSeconds(2_000), ChunkSize = 1_000 };

        var results = await _performance.EstimateAsync("tips", options, default);

        Assert.Equal(2, results.Count);
        foreach (var result in results)
        {
            var (estimate, realized) = (result.MeanAbsoluteError!.Value, result.Realized.Regression!.MeanAbsoluteError);
            Assert.Equal(meaningChanges, result.Findings.Any(f => f.Kind == FindingKind.EstimateNoLongerHolds && f.Test == "estimated_mean_absolute_error"));
            Assert.Contains(result.Findings, f => f.Kind == FindingKind.Performance && f.Test == "mean_absolute_error");
            if (!meaningChanges)
            {
                Assert.InRange(realized, 0.93 * estimate.Value, 1.07 * estimate.Value);
                Assert.Contains(result.Findings, f => f.Kind == FindingKind.Performance && f.Test == "estimated_mean_absolute_error");
            }
        }
    }

    private static void Record(IPredictionSink sink, FeatureRows rows, int number, ReadOnlySpan<double> scores)
    {
        var time = Microseconds.FromRequestTime(Start.AddSeconds(number));
        sink.Record(new PredictionRecord
        {
            Id = TestModels.Id(number),
            EventTime = time,
            RequestTime = time,
            LatencyNanoseconds = 1,
            Outcome = PredictionOutcome.Ok,
            Features = rows.RowOf(0),
            Scores = scores,
        });
    }

    private async Task WriteAsync(double[] scores, byte[] labels)
    {
        var sink = _log.Writer.Attach(TestModels.Serve(Layout))!;
        var rows = new FeatureRows(Layout, 1);
        for (var i = 0; i < scores.Length; i++)
        {
            var time = Microseconds.FromRequestTime(Start.AddSeconds(i));
            sink.Record(new PredictionRecord
            {
                Id = TestModels.Id(i),
                EventTime = time,
                RequestTime = time,
                LatencyNanoseconds = 1,
                Outcome = PredictionOutcome.Ok,
                Features = rows.RowOf(0),
                Scores = [scores[i]],
            });
        }

        await _log.FlushAsync();
        Assert.Equal(0, _log.Statistics.Dropped);
        await _labels.RecordAsync(labels.Select((l, i) => Label.ForPrediction(TestModels.Id(i), l == 1, Start.AddDays(3))).ToArray(), default);
    }
}
