using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Mlp.Monitoring.Figures;
using Mlp.Monitoring.Labels;
using Mlp.Monitoring.Performance;
using Mlp.Monitoring.Tests.Drift;
using Mlp.Monitoring.Tests.PredictionLog;
using Mlp.Runtime.Data;
using Mlp.Runtime.Models;
using Mlp.Runtime.Predictions;
using Mlp.Runtime.Statistics;
using Mlp.Runtime.Statistics.Estimation;
using Mlp.Runtime.Storage;

namespace Mlp.Monitoring.Tests.Performance;

public sealed class LiveFiguresTests : IDisposable
{
    private static readonly FeatureRowLayout Layout = TestModels.FloatLayout(1);
    private static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly LogHarness _log = new();
    private readonly LabelStore _labels;
    private readonly FakeTimeProvider _time = new(Noon);

    public LiveFiguresTests() => _labels = new LabelStore(_log.Directory, DiskSync.Instance, TimeProvider.System, NullLogger<LabelStore>.Instance);

    public void Dispose()
    {
        _labels.Dispose();
        _log.Dispose();
    }

    [Fact]
    public async Task Latest_PublishedEstimator_EstimatesWhatHasNoLabelsYet()
    {
        var (scores, labels) = Draw(1, 4_000);
        var estimator = PerformanceEstimator.Fit(scores, labels, 1_000);
        using var performance = Create(estimator, new LiveQualityConfiguration(TimeSpan.FromHours(1), TimeSpan.FromHours(1), [], []));

        // The hour before last with labels, the last one without.
        await WriteAsync(Draw(2, 3_000), Noon.AddHours(-2), withLabels: true);
        await WriteAsync(Draw(3, 3_000), Noon.AddHours(-1), withLabels: false, first: 3_000);
        await performance.EvaluateLatestAsync("tips", default);

        var figures = ((IFigureSource)performance).Latest.ToDictionary(f => f.Name);
        Assert.Equal((1.0, 3_000L), (figures["labels.maturity"].Value, figures["labels.maturity"].RowCount));
        Assert.Equal((Noon.AddHours(-2), Noon.AddHours(-1)), (figures["performance.auc"].From, figures["performance.auc"].To));
        Assert.Equal((Noon.AddHours(-1), Noon), (figures["performance.estimated_auc"].From, figures["performance.estimated_auc"].To));
        Assert.InRange(figures["performance.auc"].Value, figures["performance.estimated_auc"].Lower!.Value, figures["performance.estimated_auc"].Upper!.Value);
        Assert.Equal(Enum.GetValues<EstimatedMetric>().Length, figures.Keys.Count(k => k.Contains("estimated_", StringComparison.Ordinal)));
        Assert.Empty(((IFigureSource)performance).Findings);
    }

    [Fact]
    public async Task Findings_MeaningOfTheScoreChanges_SayThatTheEstimateNoLongerHolds()
    {
        var (scores, labels) = Draw(1, 4_000);
        using var performance = Create(PerformanceEstimator.Fit(scores, labels, 1_000), LiveQualityConfiguration.Default);

        // The same scores, but half of the labels have nothing to do with them any more.
        var drawn = Draw(2, 3_000);
        var random = new Random(5);
        await WriteAsync((drawn.Scores, drawn.Labels.Select(l => random.Next(2) == 0 ? l : (byte)random.Next(2)).ToArray()), Noon.AddHours(-2), withLabels: true);
        await performance.EvaluateLatestAsync("tips", default);

        var findings = ((IFigureSource)performance).Findings.ToList();
        Assert.Single(findings, f => f.Kind == FindingKind.EstimateNoLongerHolds);
        var low = Assert.Single(findings, f => f.Kind == FindingKind.Performance && f.Test == "performance.auc");
        Assert.Equal((4_000L, 3_000L), (low.ReferenceRowCount, low.RowCount));
        Assert.StartsWith("Expected performance.auc of at least 0.", low.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(findings, f => f.Test == "performance.estimated_auc");
    }

    [Theory]
    [InlineData(499, false)]
    [InlineData(500, true)]
    public async Task Findings_FewerRowsThanHalfAChunk_AreNotHeldAgainstTheReference(int rowCount, bool isFound)
    {
        var reference = Draw(1, 4_000);
        using var performance = Create(PerformanceEstimator.Fit(reference.Scores, reference.Labels, 1_000), LiveQualityConfiguration.Default);
        var (scores, labels) = Draw(2, rowCount);
        await WriteAsync((scores, labels.Select(l => (byte)(1 - l)).ToArray()), Noon.AddHours(-2), withLabels: true);

        await performance.EvaluateLatestAsync("tips", default);

        Assert.Equal(isFound, ((IFigureSource)performance).Findings.Any(f => f is { Kind: FindingKind.Performance, Test: "performance.auc" }));
    }

    [Fact]
    public void BeyondThresholds_FewRows_HaveTheirOwnChanceAndTheSentenceItsWindow()
    {
        var (scores, labels) = Draw(1, 4_000);
        var estimator = PerformanceEstimator.Fit(scores, labels, 1_000);
        var (mean, lower) = (estimator.OrdinaryOf(EstimatedMetric.Auc).Mean, estimator.ThresholdsOf(EstimatedMetric.Auc).Lower);
        IReadOnlyList<Finding> Find(double value) =>
        [
            .. LiveFindings.BeyondThresholds(
                [new Figure { Name = "performance.auc", Subject = new("tips", 1), Value = value, Lower = value - 0.02, Upper = value + 0.02, RowCount = 500, From = Noon, To = Noon.AddHours(1) }], [], estimator),
        ];

        Assert.Empty(Find(lower - 0.002));
        var finding = Assert.Single(Find(mean - 0.15));
        Assert.EndsWith("over 500 rows (model 'tips' version 1, from 2026-03-01T12:00:00.0000000+00:00, to 2026-03-01T13:00:00.0000000+00:00).", finding.Message, StringComparison.Ordinal);
        Assert.InRange(finding.Threshold, mean - 0.15, lower - 0.002);
    }

    [Fact]
    public async Task Latest_Intervals_AreWidenedByTheBoundAndCountRowsByTheirWeights()
    {
        using var performance = Create(null, LiveQualityConfiguration.Default);
        var (scores, labels) = Draw(4, 400);
        await WriteAsync((scores, labels), Noon.AddHours(-2), withLabels: true, weightOf: i => i % 2 == 0 ? 1 : 9);
        var bins = new ScoreBins(0.5);
        for (var i = 0; i < scores.Length; i++)
        {
            bins.Add(scores[i], labels[i] == 1, i % 2 == 0 ? 1 : 9);
        }

        await performance.EvaluateLatestAsync("tips", default);

        var figures = ((IFigureSource)performance).Latest.ToDictionary(f => f.Name);
        var plain = ConfidenceInterval.Normal(bins.Auc(out var bound), bins.AucStandardError());
        Assert.True(bound > 1e-6);
        Assert.Equal(plain.Lower - bound, figures["performance.auc"].Lower!.Value, 1e-12);
        Assert.Equal(plain.Upper + bound, figures["performance.auc"].Upper!.Value, 1e-12);

        // (200 + 1,800)² / (200 + 200 * 81) rows.
        var accuracy = ConfidenceInterval.Wilson(figures["performance.accuracy"].Value, 2_000.0 * 2_000 / 16_400);
        Assert.Equal(accuracy.Lower, figures["performance.accuracy"].Lower!.Value, 1e-12);
        Assert.Equal(accuracy.Upper, figures["performance.accuracy"].Upper!.Value, 1e-12);
    }

    [Fact]
    public async Task Findings_ThresholdOfTheUser_IsTheOneThatCounts()
    {
        PerformanceThreshold[] thresholds =
        [
            new() { Model = "tips", Figure = "performance.auc", Lower = 0.99 },
            new() { Model = "tips", Figure = "labels.maturity", Lower = 0.9 },
            new() { Model = "tips", Figure = "performance.brier", Upper = 0.9 },
            new() { Model = "other", Figure = "performance.accuracy", Lower = 1.1 },
        ];
        using var performance = Create(null, LiveQualityConfiguration.Default with { Thresholds = thresholds });
        await WriteAsync(Draw(2, 1_000), Noon.AddHours(-2), withLabels: true);
        await WriteAsync(Draw(3, 1_000), Noon.AddHours(-1), withLabels: false, first: 1_000);

        await performance.EvaluateLatestAsync("tips", default);

        Assert.Equal(["labels.maturity", "performance.auc"], ((IFigureSource)performance).Findings.Select(f => f.Test).Order());
    }

    [Fact]
    public async Task Latest_WindowWithoutData_HasNoNumberAndNoFinding()
    {
        using var performance = Create(null, LiveQualityConfiguration.Default with { Thresholds = [new() { Model = "tips", Figure = "performance.auc", Lower = 0.5 }] });
        await WriteAsync(Draw(2, 100), Noon.AddDays(-9), withLabels: true);

        await performance.EvaluateLatestAsync("tips", default);

        Assert.All(((IFigureSource)performance).Latest, f => Assert.True(double.IsNaN(f.Value), f.Name));
        Assert.Empty(((IFigureSource)performance).Findings);
    }

    [Fact]
    public async Task Latest_QualityThatIsWatched_HasFiguresOfVariantsAndSlices()
    {
        var options = new EvaluationOptions { ByVariant = true, Window = TimeSpan.FromHours(3), Bootstrap = false };
        options.Slices.Add(SliceDefinition.Feature("x0"));
        using var performance = Create(null, LiveQualityConfiguration.Default with { Watches = [new QualityWatch("tips", options)] });
        await WriteAsync(Draw(2, 500), Noon.AddHours(-2), withLabels: true);

        await performance.EvaluateLatestAsync("tips", default);

        var aucs = ((IFigureSource)performance).Latest.Where(f => f.Name == "performance.auc").ToList();
        Assert.Equal([null, "champion", "x0=(missing)"], aucs.Select(f => f.Subject.Variant ?? f.Subject.Slice).Order());
        Assert.All(aucs, f => Assert.True(f.Lower < f.Value && f.Value < f.Upper));
    }

    private static (double[] Scores, byte[] Labels) Draw(int seed, int rowCount)
    {
        var random = new Random(seed);
        var scores = Enumerable.Range(0, rowCount).Select(_ => random.NextDouble()).ToArray();
        return (scores, scores.Select(s => random.NextDouble() < s ? (byte)1 : (byte)0).ToArray());
    }

    private LivePerformance Create(PerformanceEstimator? estimator, LiveQualityConfiguration configuration)
    {
        ProfileRegistry? registry = null;
        if (estimator is not null)
        {
            registry = new ProfileRegistry("tips");
            registry.Add(TestModels.Serve(Layout).Manifest, new ReferenceProfileBuilder().SetScore([0.5f, 0.6f]).SetEstimator(estimator).Build());
        }

        return new LivePerformance(_log.Directory, _labels, 100_000, _time, configuration, registry);
    }

    private async Task WriteAsync((double[] Scores, byte[] Labels) drawn, DateTimeOffset from, bool withLabels, int first = 0, Func<int, double>? weightOf = null)
    {
        var sink = _log.Writer.Attach(TestModels.Serve(Layout))!;
        var rows = new FeatureRows(Layout, 1);
        for (var i = 0; i < drawn.Scores.Length; i++)
        {
            var time = Microseconds.FromRequestTime(from.AddSeconds(i));
            sink.Record(new PredictionRecord
            {
                Id = TestModels.Id(first + i),
                EventTime = time,
                RequestTime = time,
                LatencyNanoseconds = 1,
                SamplingWeight = weightOf?.Invoke(i) ?? 1,
                Outcome = PredictionOutcome.Ok,
                Features = rows.RowOf(0),
                Scores = [drawn.Scores[i]],
            });
        }

        await _log.FlushAsync();
        if (withLabels)
        {
            await _labels.RecordAsync(drawn.Labels.Select((l, i) => Label.ForPrediction(TestModels.Id(first + i), l == 1, Noon)).ToArray(), default);
        }
    }
}
