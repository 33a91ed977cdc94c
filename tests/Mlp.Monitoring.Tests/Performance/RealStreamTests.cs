using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Mlp.Monitoring.Figures;
using Mlp.Monitoring.Labels;
using Mlp.Monitoring.Performance;
using Mlp.Monitoring.Tests.PredictionLog;
using Mlp.Runtime.Data;
using Mlp.Runtime.Models;
using Mlp.Runtime.Predictions;
using Mlp.Runtime.Storage;
using Mlp.TestSupport;

namespace Mlp.Monitoring.Tests.Performance;

public sealed class RealStreamTests : IDisposable
{
    private const int WindowRows = 2_000;
    private static readonly FeatureRowLayout Layout = TestModels.FloatLayout(1);
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly LogHarness _log = new();
    private readonly LabelStore _labels;
    private readonly FakeTimeProvider _time = new(Start);
    private readonly LivePerformance _performance;

    public RealStreamTests()
    {
        _labels = new LabelStore(_log.Directory, DiskSync.Instance, TimeProvider.System, NullLogger<LabelStore>.Instance);
        _performance = new LivePerformance(
            _log.Directory, _labels, 100_000, _time, LiveQualityConfiguration.Default with { Window = TimeSpan.FromSeconds(WindowRows) });
    }

    public void Dispose()
    {
        _labels.Dispose();
        _performance.Dispose();
        _log.Dispose();
    }

    [ScikitLearnFact(RealStream.ElecFile)]
    public async Task Elec_FiguresOfTheLog_AreScikitLearnsAndLiveOnesWithinTheirBound()
    {
        var stream = RealStream.Elec();
        await WriteAsync(stream, ModelTask.BinaryClassification);

        var results = await EvaluateAsync();

        Assert.Equal((stream.Targets.Length + WindowRows - 1) / WindowRows, results.Count);
        var expected = ScikitLearn.Run(
            """
            from sklearn.metrics import *
            def ece(y, p, k):
                i = np.minimum((p * k).astype(int), k - 1)
                return sum((i == b).sum() / len(p) * abs(p[i == b].mean() - y[i == b].mean()) for b in range(k) if (i == b).any())
            for w in range(0, len(scores), 2000):
                s, y = scores[w:w+2000], labels[w:w+2000]; p = s >= 0.5
                out[str(w)] = [roc_auc_score(y, s), average_precision_score(y, s), log_loss(y, s), brier_score_loss(y, s), ece(y, s, 10),
                    accuracy_score(y, p), precision_score(y, p), recall_score(y, p), f1_score(y, p), *confusion_matrix(y, p).ravel()]
            """,
            ("scores", stream.Predictions),
            ("labels", stream.Targets));
        for (var w = 0; w < results.Count; w++)
        {
            var found = results[w].BinaryClassification!;
            double[] figures =
            [
                found.Auc, found.AveragePrecision, found.LogLoss, found.Brier, found.ExpectedCalibrationError, found.Accuracy, found.Precision, found.Recall, found.F1,
                found.Confusion.TrueNegatives, found.Confusion.FalsePositives, found.Confusion.FalseNegatives, found.Confusion.TruePositives,
            ];
            Assert.All(expected[$"{w * WindowRows}"].Zip(figures), p => Assert.Equal(p.First, p.Second, 1e-9));

            var live = await LiveAsync(w);
            var bound = live["performance.auc_error_bound"].Value;
            Assert.InRange(bound, 0, 0.1);
            Assert.InRange(found.Auc, live["performance.auc"].Value - bound - 1e-12, live["performance.auc"].Value + bound + 1e-12);
            Assert.InRange(found.Auc, live["performance.auc"].Lower!.Value, live["performance.auc"].Upper!.Value);
            Assert.Equal(found.LogLoss, live["performance.log_loss"].Value, 1e-9);
            Assert.Equal(found.Brier, live["performance.brier"].Value, 1e-9);
            Assert.Equal(found.F1, live["performance.f1"].Value, 1e-9);
            Assert.Equal(found.Accuracy, live["performance.accuracy"].Value, 1e-9);
            Assert.Equal(1, live["labels.maturity"].Value);
        }
    }

    [ScikitLearnFact(RealStream.BikeFile)]
    public async Task Bike_FiguresOfTheLog_AreScikitLearns()
    {
        var stream = RealStream.Bike();
        await WriteAsync(stream, ModelTask.Regression);

        var results = await EvaluateAsync();

        var expected = ScikitLearn.Run(
            """
            from sklearn.metrics import *
            for w in range(0, len(scores), 2000):
                s, y = scores[w:w+2000], labels[w:w+2000]
                out[str(w)] = [np.mean(s - y), mean_absolute_error(y, s), mean_squared_error(y, s) ** 0.5, r2_score(y, s), mean_absolute_percentage_error(y, s), mean_pinball_loss(y, s, alpha=0.9)]
            """,
            ("scores", stream.Predictions),
            ("labels", stream.Targets));
        Assert.Equal((stream.Targets.Length + WindowRows - 1) / WindowRows, results.Count);
        for (var w = 0; w < results.Count; w++)
        {
            var found = results[w].Regression!;
            double[] figures =
            [
                found.MeanError, found.MeanAbsoluteError, found.RootMeanSquaredError, found.RSquared, found.MeanAbsolutePercentageError, results[w].QuantileLosses[0.9],
            ];
            Assert.All(expected[$"{w * WindowRows}"].Zip(figures), p => Assert.Equal(p.First, p.Second, 1e-9));
            var live = await LiveAsync(w);
            Assert.Equal(found.MeanAbsoluteError, live["performance.mean_absolute_error"].Value, 1e-9);
            Assert.Equal(found.RootMeanSquaredError, live["performance.root_mean_squared_error"].Value, 1e-9);
            Assert.Equal(found.MeanError, live["performance.mean_error"].Value, 1e-9);
        }
    }

    private Task<IReadOnlyList<PerformanceResult>> EvaluateAsync()
    {
        var options = new EvaluationOptions { Window = TimeSpan.FromSeconds(WindowRows), From = Start };
        options.Quantiles.Add(0.9);
        return _performance.EvaluateAsync("tips", options, default);
    }

    private async Task<Dictionary<string, Figure>> LiveAsync(int window)
    {
        _time.SetUtcNow(Start.AddSeconds((window + 1) * WindowRows));
        await _performance.EvaluateLatestAsync("tips", default);
        return ((IFigureSource)_performance).Latest.ToDictionary(f => f.Name);
    }

    private async Task WriteAsync(RealStream stream, ModelTask task)
    {
        var sink = _log.Writer.Attach(TestModels.Serve(Layout, task: task))!;
        var rows = new FeatureRows(Layout, 1);
        for (var i = 0; i < stream.Predictions.Length; i++)
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
                Scores = [stream.Predictions[i]],
            });
        }

        await _log.FlushAsync();
        Assert.Equal(0, _log.Statistics.Dropped);
        await _labels.RecordAsync(stream.Targets.Select((t, i) => Label.ForPrediction(TestModels.Id(i), t, Start.AddDays(3))).ToArray(), default);
    }
}
