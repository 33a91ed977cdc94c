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
        await _labels.RecordAsync(Enumerable.Range(0, 1000).OrderBy(i => (i * 7919) % 1000).Select(i => new Label(TestModels.Id(i), truth[i], Noon)).ToArray(), default);
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
    public async Task EvaluateAsync_ShadowOfAnotherVersion_IsLabelledByWhatWasServed()
    {
        var served = _log.Writer.Attach(TestModels.Serve(Layout))!;
        var shadow = _log.Writer.Attach(TestModels.Serve(Layout, version: 2, variant: "shadow:candidate"))!;
        await RecordAsync(served, [0.1f, 0.9f, 0.8f]);
        var rows = new FeatureRows(Layout, 1);
        foreach (var (number, of, score) in new[] { (101, 0, 0.7), (102, 1, 0.2), (103, 2, 0.1) })
        {
            shadow.Record(new PredictionRecord
            {
                Id = TestModels.Id(number),
                ShadowOf = TestModels.Id(of),
                EventTime = 1,
                LoggedTime = 2,
                LatencyNanoseconds = 3,
                Outcome = PredictionOutcome.Ok,
                Features = rows,
                Row = 0,
                Outputs = [score],
            });
        }

        await _log.FlushAsync();
        await LabelAsync(0, false);
        await LabelAsync(1, true);

        // Nobody knows the shadow's own ids; should somebody name one all the same, it is no prediction that was served.
        await LabelAsync(103, true);

        var results = await EvaluateAsync();
        Assert.Equal([(1, 3L, 2L, 1.0), (2, 3, 2, 0.0)], results.Select(r => (r.Version, r.ScoredCount, r.LabelledCount, r.BinaryClassification!.Auc)));

        var columns = (await _log.ReadAsync(version: 2)).Single();
        var shadowOf = (Apache.Arrow.Arrays.FixedSizeBinaryArray)columns.Column("shadow_of");
        Assert.Equal([TestModels.Id(0), TestModels.Id(1), TestModels.Id(2)], Enumerable.Range(0, 3).Select(i => PredictionId.Read(shadowOf.GetBytes(i))));
        Assert.Equal(3, (await _log.ReadAsync(version: 1)).Sum(b => b.Column("shadow_of").NullCount));
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
        await _labels.RecordAsync(new[] { 0.0, 1, 1, 7, 1 }.Select((v, i) => new Label(TestModels.Id(i), v, Noon)).ToArray(), default);

        var result = Assert.Single(await EvaluateAsync());

        Assert.Equal((5, 4, 4, 2), (result.PredictionCount, result.ScoredCount, result.LabelledCount, result.UnusableCount));
        Assert.Equal(2, result.BinaryClassification!.RowCount);
    }

    [Fact]
    public async Task EvaluateAsync_Regression_HasItsErrors()
    {
        await RecordAsync(_log.Writer.Attach(TestModels.Serve(Layout, task: ModelTask.Regression))!, [1f, 2f, 4f]);
        await _labels.RecordAsync(new[] { 2.0, 2, 2 }.Select((v, i) => new Label(TestModels.Id(i), v, Noon)).ToArray(), default);

        var result = Assert.Single(await EvaluateAsync());

        Assert.Null(result.BinaryClassification);
        Assert.Equal(1.0, result.Regression!.MeanAbsoluteError);
    }

    [Fact]
    public async Task EvaluateAsync_MoreThanTheMaximum_KeepsTheLatest()
    {
        using var small = new LivePerformance(_log.Directory, _labels, 50);
        var sink = _log.Writer.Attach(TestModels.Serve(Layout))!;
        await RecordAsync(sink, Enumerable.Repeat(0.5f, 40).ToArray());
        Assert.Equal(40, Assert.Single(await small.EvaluateAsync("tips", null, null, null, default)).PredictionCount);
        await RecordAsync(sink, Enumerable.Repeat(0.5f, 90).ToArray(), first: 40);

        var whole = Assert.Single(await small.EvaluateAsync("tips", null, null, null, default));
        var last = Assert.Single(await small.EvaluateAsync("tips", null, Microseconds.ToDateTimeOffset(2_000 + 100), null, default));

        Assert.Equal((50, 30), (whole.PredictionCount, last.PredictionCount));
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
        => _labels.RecordAsync(new[] { new Label(TestModels.Id(number), isPositive, observedAt ?? Noon) }, default).AsTask();

    private Task<IReadOnlyList<PerformanceResult>> EvaluateAsync() => _performance.EvaluateAsync("tips", null, null, null, default);
}
