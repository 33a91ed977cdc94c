using Microsoft.Extensions.Logging.Abstractions;
using Mlp.Monitoring.Labels;
using Mlp.Monitoring.Performance;
using Mlp.Monitoring.Tests.PredictionLog;
using Mlp.Runtime.Data;
using Mlp.Runtime.Models;
using Mlp.Runtime.Predictions;
using Mlp.Runtime.Statistics;
using Mlp.Runtime.Storage;

namespace Mlp.Monitoring.Tests.Performance;

public sealed class LivePerformanceTests : IDisposable
{
    private static readonly FeatureRowLayout Layout = TestModels.FloatLayout(2);
    private static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly LogHarness _log = new();
    private readonly LabelStore _labels;
    private readonly LivePerformance _performance;

    public LivePerformanceTests()
    {
        _labels = new LabelStore(_log.Directory, DiskSync.Instance, TimeProvider.System, NullLogger<LabelStore>.Instance);
        _performance = new LivePerformance(_log.Directory, _labels, 10_000);
    }

    public void Dispose()
    {
        _labels.Dispose();
        _performance.Dispose();
        _log.Dispose();
    }

    [Fact]
    public async Task EvaluateAsync_GoldenRows_IsTheOfflineMetricBitForBit()
    {
        var scores = Enumerable.Range(1, 1000).Select(i => (float)GoldenSequences.Golden(i)).ToArray();
        var truth = Enumerable.Range(1, 1000).Select(i => GoldenSequences.VanDerCorput(i, 3) < Math.Pow(GoldenSequences.Golden(i), 1.5)).ToArray();
        var sink = _log.Writer.Attach(TestModels.Serve(Layout, threshold: 0.4))!;
        await RecordAsync(sink, scores);

        // In another order than the predictions, as labels come.
        await _labels.RecordAsync(Enumerable.Range(0, 1000).OrderBy(i => (i * 7919) % 1000).Select(i => Label.ForPrediction(TestModels.Id(i), truth[i], Noon)).ToArray(), default);
        var result = Assert.Single(await EvaluateAsync());

        var offline = BinaryClassificationMetrics.Compute(scores, truth, 0.4);
        var live = result.BinaryClassification!;
        Assert.Equal((1000, 1000, 1000, 0, 1.0), (result.PredictionCount, result.ScoredCount, result.LabelledCount, result.UnusableCount, result.LabelMaturity));
        Assert.Equal(offline.Auc, live.Auc, 1e-9);
        Assert.Equal(BitConverter.DoubleToInt64Bits(offline.LogLoss), BitConverter.DoubleToInt64Bits(live.LogLoss));
        Assert.Equal(offline.Calibration, live.Calibration);
        Assert.Equal(offline.Confusion, live.Confusion);

        // Golden values of the same rows in float64 (scikit-learn).
        Assert.Equal(403, live.PositiveCount);
        Assert.Equal(0.857392837, live.Auc, 1e-6);
        Assert.Equal(0.487658992, live.LogLoss, 1e-6);
        Assert.Equal(0.097011369, live.ExpectedCalibrationError, 1e-6);
    }

    [Fact]
    public async Task EvaluateAsync_LabelsBeforePredictionsLateAndCorrected_AreJoinedAsTheyCome()
    {
        var sink = _log.Writer.Attach(TestModels.Serve(Layout))!;
        await LabelAsync(0, true);
        Assert.Empty(await EvaluateAsync());

        await RecordAsync(sink, [0.9f, 0.2f, 0.6f]);
        var first = Assert.Single(await EvaluateAsync());
        Assert.Equal((3, 1), (first.ScoredCount, first.LabelledCount));
        Assert.Equal(1.0 / 3, first.LabelMaturity);

        await LabelAsync(1, true);
        await LabelAsync(2, false);
        await LabelAsync(77, true);
        Assert.Equal(0.5, Assert.Single(await EvaluateAsync()).BinaryClassification!.Auc);

        await LabelAsync(1, false, Noon.AddHours(1));
        await LabelAsync(1, true, Noon.AddMinutes(-1));
        Assert.Equal(1.0, Assert.Single(await EvaluateAsync()).BinaryClassification!.Auc);

        using var reopened = new LivePerformance(_log.Directory, _labels, 10_000);
        Assert.Equal(1.0, Assert.Single(await reopened.EvaluateAsync("tips", null, null, null, default)).BinaryClassification!.Auc);
    }

    [Fact]
    public async Task EvaluateAsync_TwoVersions_EachHasItsOwnResult()
    {
        await RecordAsync(_log.Writer.Attach(TestModels.Serve(Layout))!, [0.1f, 0.9f]);
        await RecordAsync(_log.Writer.Attach(TestModels.Serve(Layout, version: 2))!, [0.9f, 0.1f], first: 2);
        for (var i = 0; i < 4; i++)
        {
            await LabelAsync(i, i % 2 == 1);
        }

        var results = await EvaluateAsync();
        Assert.Equal([(1, 1.0), (2, 0.0)], results.Select(r => (r.Version, r.BinaryClassification!.Auc)));
        Assert.Equal(2, Assert.Single(await _performance.EvaluateAsync("tips", 2, null, null, default)).Version);
    }

    [Fact]
    public async Task EvaluateAsync_TimeRange_CountsPredictionsOfThatTime()
    {
        await RecordAsync(_log.Writer.Attach(TestModels.Serve(Layout))!, Enumerable.Repeat(0.5f, 100).ToArray());

        var result = Assert.Single(await _performance.EvaluateAsync("tips", null, Microseconds.ToDateTimeOffset(2_010), Microseconds.ToDateTimeOffset(2_030), default));

        Assert.Equal((20, 0), (result.PredictionCount, result.LabelledCount));
        Assert.Null(result.BinaryClassification);
    }

    [Fact]
    public async Task EvaluateAsync_FailedCallsAndImpossibleLabels_AreCountedNotScored()
    {
        var sink = _log.Writer.Attach(TestModels.Serve(Layout))!;
        await RecordAsync(sink, [0.1f, 0.9f, float.NaN, 0.5f]);
        LogHarness.Record(sink, new FeatureRows(Layout, 1), 0, 4);
        await _log.FlushAsync();
        await _labels.RecordAsync(new[] { 0.0, 1, 1, 7, 1 }.Select((v, i) => Label.ForPrediction(TestModels.Id(i), v, Noon)).ToArray(), default);

        var result = Assert.Single(await EvaluateAsync());

        Assert.Equal((5, 4, 4, 2), (result.PredictionCount, result.ScoredCount, result.LabelledCount, result.UnusableCount));
        Assert.Equal(2, result.BinaryClassification!.RowCount);
    }

    [Fact]
    public async Task EvaluateAsync_Regression_HasItsErrors()
    {
        await RecordAsync(_log.Writer.Attach(TestModels.Serve(Layout, task: ModelTask.Regression))!, [1f, 2f, 4f]);
        await _labels.RecordAsync(new[] { 2.0, 2, 2 }.Select((v, i) => Label.ForPrediction(TestModels.Id(i), v, Noon)).ToArray(), default);

        var result = Assert.Single(await EvaluateAsync());

        Assert.Null(result.BinaryClassification);
        Assert.Equal(1.0, result.Regression!.MeanAbsoluteError);
    }

    [Fact]
    public async Task EvaluateLatestAsync_MoreThanTheMaximum_KeepsTheLatest()
    {
        using var small = new LivePerformance(_log.Directory, _labels, 50);
        var sink = _log.Writer.Attach(TestModels.Serve(Layout))!;
        await RecordAsync(sink, Enumerable.Repeat(0.5f, 130).ToArray());

        await small.EvaluateLatestAsync("tips", default);

        Assert.Equal(50, Assert.Single(small.Latest).PredictionCount);
        Assert.Equal(130, Assert.Single(await small.EvaluateAsync("tips", null, null, null, default)).PredictionCount);
    }

    [Fact]
    public async Task EvaluateAsync_LabelNameOfTheModel_DecidesWhichLabelCounts()
    {
        var first = TestModels.Serve(Layout);
        var second = TestModels.Serve(Layout, version: 2);
        second = second with { Manifest = second.Manifest with { Output = second.Manifest.Output with { LabelName = "tip_30d" } } };
        await RecordAsync(_log.Writer.Attach(first)!, [0.1f, 0.9f]);
        await RecordAsync(_log.Writer.Attach(second)!, [0.1f, 0.9f], first: 2);
        for (var i = 0; i < 4; i++)
        {
            await LabelAsync(i, i % 2 == 1);
            await _labels.RecordAsync(new[] { Label.ForPrediction(TestModels.Id(i), i % 2 == 0, Noon, "tip_30d") }, default);
        }

        Assert.Equal([(1, 1.0), (2, 0.0)], (await EvaluateAsync()).Select(r => (r.Version, r.BinaryClassification!.Auc)));
    }

    [Fact]
    public async Task EvaluateAsync_RetractedLabel_IsNoLabel()
    {
        await RecordAsync(_log.Writer.Attach(TestModels.Serve(Layout))!, [0.1f, 0.9f, 0.5f]);
        await LabelAsync(0, false);
        await LabelAsync(1, true);
        await LabelAsync(2, true);
        await _labels.RecordAsync(new[] { Label.ForPrediction(TestModels.Id(2), null, Noon.AddHours(1)) }, default);

        var result = Assert.Single(await EvaluateAsync());

        Assert.Equal((2, 2), (result.LabelledCount, result.BinaryClassification!.RowCount));
    }

    [Fact]
    public async Task EvaluateAsync_LabelsOfEntities_AreJoinedByModelKeyAndEventTime()
    {
        EntityValue[][] keys = [["Flash Cab", 8], ["Flash Cab", 9], [EntityValue.Null, 8]];
        var sink = _log.Writer.Attach(TestModels.Serve(Layout))!;
        var rows = new FeatureRows(Layout, 1);
        for (var i = 0; i < 6; i++)
        {
            // Each entity is asked about twice, at different times.
            sink.Record(new PredictionRecord
            {
                Id = TestModels.Id(i),
                EventTime = 1_000 + i,
                RequestTime = 2_000,
                LatencyNanoseconds = 1,
                Outcome = PredictionOutcome.Ok,
                Keys = keys[i % 3],
                Features = rows.RowOf(0),
                Scores = [i / 10.0],
            });
        }

        await _log.FlushAsync();
        await _labels.RecordAsync(
            new[]
            {
                Label.ForEntity("tips", keys[0], Microseconds.ToDateTimeOffset(1_000), 0, Noon),
                Label.ForEntity("tips", keys[1], Microseconds.ToDateTimeOffset(1_004), 1, Noon),
                Label.ForEntity("tips", keys[2], Microseconds.ToDateTimeOffset(1_002), 1, Noon),
                Label.ForEntity("tips", keys[2], Microseconds.ToDateTimeOffset(1_009), 1, Noon),
                Label.ForEntity("other", keys[0], Microseconds.ToDateTimeOffset(1_003), 1, Noon),

                // Of a label of the prediction and one of its entity the one observed last counts.
                Label.ForPrediction(TestModels.Id(4), 0, Noon.AddHours(-1)),
                Label.ForPrediction(TestModels.Id(2), 0, Noon.AddHours(1)),
            },
            default);

        var result = Assert.Single(await EvaluateAsync());

        Assert.Equal((3, 1), (result.LabelledCount, result.BinaryClassification!.PositiveCount));
        Assert.Equal(1.0, result.BinaryClassification.Auc);
    }

    [Fact]
    public async Task EvaluateAsync_ShadowOfTheServedAnswer_IsJudgedByTheSameLabels()
    {
        double[] served = [0.2, 0.9, 0.6, 0.3];
        double[] shadow = [0.1, 0.4, 0.9, 0.8];
        bool[] truth = [false, true, false, true];
        var rows = new FeatureRows(Layout, 1);
        var champion = _log.Writer.Attach(TestModels.Serve(Layout))!;
        var challenger = _log.Writer.Attach(TestModels.Serve(Layout, version: 2, variant: "shadow"))!;
        for (var i = 0; i < 4; i++)
        {
            LogHarness.RecordAs(champion, rows, i, served[i]);
            LogHarness.RecordAs(challenger, rows, 100 + i, shadow[i], servedNumber: i);
            await LabelAsync(i, truth[i]);
        }

        // A label of the shadow's own id is one of a request that nobody served.
        await LabelAsync(100, true);
        await _log.FlushAsync();

        var results = await EvaluateAsync();

        Assert.Equal([(1, 4L), (2, 4L)], results.Select(r => (r.Version, r.LabelledCount)));
        Assert.Equal(BinaryClassificationMetrics.Compute(served, truth).Auc, results[0].BinaryClassification!.Auc);
        Assert.Equal(BinaryClassificationMetrics.Compute(shadow, truth).Auc, results[1].BinaryClassification!.Auc);
        Assert.Equal(BinaryClassificationMetrics.Compute(shadow, truth).LogLoss, results[1].BinaryClassification!.LogLoss);
    }

    [Theory]
    [InlineData(ModelTask.BinaryClassification)]
    [InlineData(ModelTask.Regression)]
    public async Task EvaluateAsync_SampledPredictions_CountAsManyAsTheyStandFor(ModelTask task)
    {
        // Weights of whole numbers say what repeated rows say.
        var sampled = _log.Writer.Attach(TestModels.Serve(Layout, task: task))!;
        var repeated = _log.Writer.Attach(TestModels.Serve(Layout, version: 2, task: task))!;
        var rows = new FeatureRows(Layout, 1);
        var number = 0;
        for (var i = 0; i < 60; i++)
        {
            var (score, isPositive, weight) = (GoldenSequences.Golden(i % 20), GoldenSequences.VanDerCorput(i, 3) < GoldenSequences.Golden(i), 1 + (i % 3));
            LogHarness.RecordAs(sampled, rows, number, score, weight);
            await LabelAsync(number++, isPositive);
            for (var repetition = 0; repetition < weight; repetition++)
            {
                LogHarness.RecordAs(repeated, rows, number, score);
                await LabelAsync(number++, isPositive);
            }
        }

        // Without a label, which makes a quarter of the weight unlabelled.
        LogHarness.RecordAs(sampled, rows, number, 0.5, weight: 40);
        await _log.FlushAsync();
        var results = await EvaluateAsync();

        var (one, other) = (results[0], results[1]);
        Assert.Equal((60, 120), (one.LabelledCount, other.LabelledCount));
        Assert.Equal((160.0, 120.0, 0.75), (one.ScoredWeight, one.LabelledWeight, one.LabelMaturity));
        if (task == ModelTask.Regression)
        {
            Assert.Equal(other.Regression!.MeanError, one.Regression!.MeanError, 1e-12);
            Assert.Equal(other.Regression.MeanAbsoluteError, one.Regression.MeanAbsoluteError, 1e-12);
            Assert.Equal(other.Regression.RootMeanSquaredError, one.Regression.RootMeanSquaredError, 1e-12);
            Assert.Equal(other.Regression.RSquared, one.Regression.RSquared, 1e-12);
            return;
        }

        Assert.Equal(other.BinaryClassification!.Auc, one.BinaryClassification!.Auc, 1e-12);
        Assert.Equal(other.BinaryClassification.LogLoss, one.BinaryClassification.LogLoss, 1e-12);
        Assert.Equal(other.BinaryClassification.Confusion, one.BinaryClassification.Confusion);
    }

    private async Task RecordAsync(IPredictionSink sink, float[] scores, int first = 0)
    {
        var rows = new FeatureRows(Layout, 1);
        for (var i = 0; i < scores.Length; i++)
        {
            LogHarness.Record(sink, rows, 0, first + i, scores[i]);
        }

        await _log.FlushAsync();
    }

    private Task LabelAsync(int number, bool isPositive, DateTimeOffset? observedAt = null)
        => _labels.RecordAsync(new[] { Label.ForPrediction(TestModels.Id(number), isPositive, observedAt ?? Noon) }, default).AsTask();

    private Task<IReadOnlyList<PerformanceResult>> EvaluateAsync() => _performance.EvaluateAsync("tips", null, null, null, default);
}
