using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Mlp.Monitoring.Comparison;
using Mlp.Monitoring.Figures;
using Mlp.Monitoring.Labels;
using Mlp.Monitoring.Performance;
using Mlp.Monitoring.Tests.PredictionLog;
using Mlp.Runtime.Data;
using Mlp.Runtime.Models;
using Mlp.Runtime.Predictions;
using Mlp.Runtime.Statistics;
using Mlp.Runtime.Storage;

namespace Mlp.Monitoring.Tests.Comparison;

public sealed class VariantComparisonTests : IDisposable
{
    private static readonly FeatureRowLayout Layout = TestModels.FloatLayout(1);
    private static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly LogHarness _log = new();
    private readonly LabelStore _labels;
    private readonly LivePerformance _performance;

    public VariantComparisonTests()
    {
        _labels = new LabelStore(_log.Directory, DiskSync.Instance, TimeProvider.System, NullLogger<LabelStore>.Instance);
        _performance = new LivePerformance(_log.Directory, _labels, 100_000);
    }

    public void Dispose()
    {
        _labels.Dispose();
        _performance.Dispose();
        _log.Dispose();
    }

    [Fact]
    public async Task CompareAsync_BetterShadow_IsFoundOnTheSameRequests()
    {
        await WriteAsync(ModelTask.BinaryClassification, (random, truth) => (Noisy(random, truth, 0.7), Noisy(random, truth, 0.3)), isShadow: true);

        var result = await _performance.CompareAsync("tips", new VariantComparisonOptions { Champion = 1, Challenger = 2 }, default);

        Assert.Equal((true, 4_000L, ComparedLoss.SquaredProbabilityError), (result.IsPaired, result.RowCount, result.Loss));
        var (champion, challenger) = await EvaluateAsync();
        Assert.Equal(challenger.BinaryClassification!.Brier - champion.BinaryClassification!.Brier, result.Difference, 1e-12);
        Assert.True(result.Interval.Upper < 0);
        Assert.Equal(FindingKind.VariantDifference, result.Finding!.Kind);
        Assert.StartsWith("Version 2 is better than version 1 by 0.0", result.Finding.Message, StringComparison.Ordinal);

        // Asked the other way round the answer is the same with the other sign.
        var turned = await _performance.CompareAsync("tips", new VariantComparisonOptions { Champion = 2, Challenger = 1, Loss = ComparedLoss.WrongClass }, default);
        Assert.True(turned.Difference > 0);
    }

    [Fact]
    public async Task CompareAsync_EqualShadow_FindsNothing()
    {
        await WriteAsync(ModelTask.BinaryClassification, (random, truth) => (Noisy(random, truth, 0.4), Noisy(random, truth, 0.4)), isShadow: true);

        var result = await _performance.CompareAsync("tips", new VariantComparisonOptions { Champion = 1, Challenger = 2 }, default);

        Assert.Null(result.Finding);
        Assert.True(result.Interval.Contains(0));
        Assert.True(result.Interval.Contains(result.Difference));
    }

    [Fact]
    public async Task CompareAsync_SplitTraffic_ComparesTheMeansOfBoth()
    {
        await WriteAsync(ModelTask.BinaryClassification, (random, truth) => (Noisy(random, truth, 0.5), Noisy(random, truth, 0.1)), isShadow: false);

        var result = await _performance.CompareAsync("tips", new VariantComparisonOptions { Champion = 1, Challenger = 2 }, default);

        Assert.Equal((false, 8_000L), (result.IsPaired, result.RowCount));
        Assert.NotNull(result.Finding);
        var (champion, challenger) = await EvaluateAsync();
        Assert.Equal(challenger.BinaryClassification!.Brier - champion.BinaryClassification!.Brier, result.Difference, 1e-12);
    }

    [Fact]
    public async Task CompareAsync_Regression_ComparesWhichIsFurtherOff()
    {
        // The challenger is nearer in most rows, and the errors have no bound.
        await WriteAsync(ModelTask.Regression, (random, truth) => (truth + Heavy(random, 2), truth + Heavy(random, 1)), isShadow: true);

        var byRank = await _performance.CompareAsync("tips", new VariantComparisonOptions { Champion = 1, Challenger = 2 }, default);
        var bounded = await _performance.CompareAsync("tips", new VariantComparisonOptions { Champion = 1, Challenger = 2, Loss = ComparedLoss.AbsoluteError, GreatestError = 5 }, default);

        Assert.Equal(ComparedLoss.LargerError, byRank.Loss);
        Assert.True(byRank.Interval.Upper < 0);
        Assert.True(bounded.Interval.Upper < 0);
        Assert.NotNull(byRank.Finding);
    }

    [Fact]
    public async Task CompareAsync_WhatCannotBeCompared_IsRefusedByASentence()
    {
        await WriteAsync(ModelTask.Regression, (_, truth) => (truth, truth), isShadow: false);

        await RefusedAsync<ArgumentException>(new() { Champion = 1, Challenger = 1 }, "Expected two different versions to compare, but found version 1 twice.");
        await RefusedAsync<ArgumentException>(new() { Champion = 1, Challenger = 2, Significance = 0 }, "Expected Significance");
        await RefusedAsync<ArgumentException>(new() { Champion = 1, Challenger = 2, Loss = ComparedLoss.AbsoluteError }, "Expected GreatestError above 0");
        await RefusedAsync<InvalidOperationException>(new() { Champion = 1, Challenger = 3 }, "Expected logged predictions of both versions, but found none of version 3");
        await RefusedAsync<InvalidOperationException>(new() { Champion = 1, Challenger = 2 }, "Expected answers of both versions to the same requests");
        await RefusedAsync<InvalidOperationException>(new() { Champion = 1, Challenger = 2, Loss = ComparedLoss.WrongClass }, "Expected a loss that fits the model");
    }

    [Fact]
    public async Task CompareAsync_VersionsThatPredictOtherThings_AreRefusedByASentence()
    {
        await WriteAsync(ModelTask.BinaryClassification, (random, truth) => (Noisy(random, truth, 0.5), 0), isShadow: true, count: 20);
        LogHarness.RecordAs(_log.Writer.Attach(TestModels.Serve(Layout, version: 3, task: ModelTask.Regression))!, new FeatureRows(Layout, 1), 60_000, 3, servedNumber: 1);
        await _log.FlushAsync();

        await RefusedAsync<InvalidOperationException>(
            new() { Champion = 1, Challenger = 3 },
            "Expected two versions that predict the same thing, but found BinaryClassification (version 1) and Regression (version 3) (model 'tips').");
    }

    [Fact]
    public async Task CompareAsync_NoLabelledAnswers_SaysSo()
    {
        await WriteAsync(ModelTask.BinaryClassification, (random, truth) => (truth, truth), isShadow: true, count: 20);

        var result = await _performance.CompareAsync("tips", new VariantComparisonOptions { Champion = 1, Challenger = 2, From = Noon }, default);

        Assert.Equal((0L, double.NaN, null), (result.RowCount, result.Difference, result.Finding));
        Assert.StartsWith(
            "Expected labelled answers of both versions, but found 0 of version 1 and 0 of version 2 (model 'tips' version 2, from 2026-03-01T12:00:00.0000000+00:00, to ", result.Problem, StringComparison.Ordinal);
        Assert.Contains("\"Difference\":\"NaN\"", System.Text.Json.JsonSerializer.Serialize(result), StringComparison.Ordinal);
    }

    [Fact]
    public async Task CompareAsync_SplitTrafficWithOneSharedRequest_ComparesAllOfIt()
    {
        await WriteAsync(ModelTask.BinaryClassification, (random, truth) => (Noisy(random, truth, 0.5), Noisy(random, truth, 0.1)), isShadow: false);
        LogHarness.RecordAs(_log.Writer.Attach(TestModels.Serve(Layout, version: 2, variant: "challenger"))!, new FeatureRows(Layout, 1), 70_000, 0.5, servedNumber: 7);
        await _log.FlushAsync();

        var result = await _performance.CompareAsync("tips", new VariantComparisonOptions { Champion = 1, Challenger = 2 }, default);

        Assert.Equal((false, 8_001L), (result.IsPaired, result.RowCount));
        Assert.NotNull(result.Finding);
        await RefusedAsync<InvalidOperationException>(
            new() { Champion = 1, Challenger = 2, Loss = ComparedLoss.LargerError }, "Expected a loss that fits the model");
    }

    [Fact]
    public async Task CompareAsync_Maturity_LeavesYoungAnswersOut()
    {
        await WriteAsync(ModelTask.BinaryClassification, (random, truth) => (Noisy(random, truth, 0.7), Noisy(random, truth, 0.3)), isShadow: true);
        using var performance = new LivePerformance(_log.Directory, _labels, 100_000, new FakeTimeProvider(Microseconds.ToDateTimeOffset(1_000_000)));

        // The challenger answers at microsecond 12,000 and later: 1,000 of its answers are old enough.
        var options = new VariantComparisonOptions { Champion = 1, Challenger = 2, Maturity = TimeSpan.FromMicroseconds(1_000_000 - 12_999) };
        var result = await performance.CompareAsync("tips", options, default);

        Assert.Equal((true, 1_000L), (result.IsPaired, result.RowCount));
    }

    [Fact]
    public async Task CompareAsync_SplitTraffic_GivesEachMeanHalfOfTheChance()
    {
        var losses = (Champion: new List<double>(), Challenger: new List<double>());
        await WriteAsync(
            ModelTask.BinaryClassification,
            (random, truth) =>
            {
                var scores = (Champion: Noisy(random, truth, 0.9), Challenger: Noisy(random, truth, 0.6));
                losses.Champion.Add((scores.Champion - truth) * (scores.Champion - truth));
                losses.Challenger.Add((scores.Challenger - truth) * (scores.Challenger - truth));
                return scores;
            },
            isShadow: false,
            count: 300);

        var result = await _performance.CompareAsync("tips", new VariantComparisonOptions { Champion = 1, Challenger = 2, Significance = 0.1 }, default);

        var (champion, challenger) = (IntervalOf(losses.Champion, 0, 0.05), IntervalOf(losses.Challenger, 0, 0.05));
        Assert.Equal(challenger.Lower - champion.Upper, result.Interval.Lower, 1e-12);
        Assert.Equal(challenger.Upper - champion.Lower, result.Interval.Upper, 1e-12);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task CompareAsync_RequestsOutOfTheirOrder_AreTakenInTheOrderOfTheirTimes(bool isShadow)
    {
        // Ids and the order of the log run against the times; a mean that moves makes the interval depend on the order.
        var (one, two) = (_log.Writer.Attach(TestModels.Serve(Layout))!, _log.Writer.Attach(TestModels.Serve(Layout, version: 2, variant: "challenger"))!);
        var (losses, labels) = ((Champion: new List<double>(), Challenger: new List<double>()), new List<Label>());
        const int count = 300;
        for (var i = 0; i < count; i++)
        {
            var (champion, challenger) = (0.2 + (0.7 * i / count), i % 3 == 0 ? 0.5 : 0.1);
            Record(one, i, champion, count - i);
            Record(two, isShadow ? i : 10_000 + i, challenger, count - i, 20_000 + i);
            losses.Champion.Insert(0, champion * champion);
            losses.Challenger.Insert(0, challenger * challenger);
            labels.Add(Label.ForPrediction(TestModels.Id(i), 0.0, Noon));
            labels.Add(Label.ForPrediction(TestModels.Id(10_000 + i), 0.0, Noon));
        }

        await _log.FlushAsync();
        await _labels.RecordAsync(labels.ToArray(), default);

        var result = await _performance.CompareAsync("tips", new VariantComparisonOptions { Champion = 1, Challenger = 2 }, default);

        Assert.Equal(isShadow, result.IsPaired);
        var (a, b) = (IntervalOf(losses.Champion, 0, 0.025), IntervalOf(losses.Challenger, 0, 0.025));
        var expected = isShadow
            ? IntervalOf(losses.Challenger.Zip(losses.Champion, (x, y) => x - y), -1, 0.05)
            : new ConfidenceInterval(b.Lower - a.Upper, b.Upper - a.Lower);
        Assert.Equal(expected.Lower, result.Interval.Lower, 1e-12);
        Assert.Equal(expected.Upper, result.Interval.Upper, 1e-12);
    }

    [Fact]
    public async Task CompareAsync_LabelsThatTheModelCannotHave_AreLeftOut()
    {
        await WriteAsync(ModelTask.BinaryClassification, (random, truth) => (Noisy(random, truth, 0.7), Noisy(random, truth, 0.3)), isShadow: true, count: 200);
        await _labels.RecordAsync(Enumerable.Range(0, 50).Select(i => Label.ForPrediction(TestModels.Id(i), i % 2 == 0 ? 0.5 : 7, Noon.AddHours(1))).ToArray(), default);

        var result = await _performance.CompareAsync("tips", new VariantComparisonOptions { Champion = 1, Challenger = 2 }, default);

        Assert.Equal((true, 150L), (result.IsPaired, result.RowCount));
    }

    private static ConfidenceInterval IntervalOf(IEnumerable<double> values, double least, double alpha)
    {
        var sequence = new ConfidenceSequence(least, 1, alpha);
        foreach (var value in values)
        {
            sequence.Add(value);
        }

        return sequence.Interval;
    }

    private static void Record(IPredictionSink sink, long request, double score, long time, long? number = null) => sink.Record(new PredictionRecord
    {
        Id = TestModels.Id(number ?? request),
        RequestId = TestModels.Id(request),
        EventTime = time,
        RequestTime = time,
        LatencyNanoseconds = 1,
        Outcome = PredictionOutcome.Ok,
        Features = new FeatureRows(Layout, 1).RowOf(0),
        Scores = [score],
    });

    private static double Noisy(Random random, double truth, double spread) => Math.Clamp(truth + (spread * ((2 * random.NextDouble()) - 1) * (truth == 1 ? 1 : 1.2)), 0, 1);

    private static double Heavy(Random random, double scale) => scale * Math.Tan(Math.PI * (random.NextDouble() - 0.5));

    private async Task RefusedAsync<T>(VariantComparisonOptions options, string start)
        where T : Exception
        => Assert.StartsWith(start, (await Assert.ThrowsAsync<T>(() => _performance.CompareAsync("tips", options, default))).Message, StringComparison.Ordinal);

    private async Task<(PerformanceResult Champion, PerformanceResult Challenger)> EvaluateAsync()
    {
        var results = await _performance.EvaluateAsync("tips", null, null, null, default);
        return (results[0], results[1]);
    }

    [Fact]
    public async Task CompareAsync_SampledTraffic_NeedsOneRate()
    {
        // A tenth of the traffic is as good as all of it: the weights are equal and change nothing.
        await WriteAsync(ModelTask.BinaryClassification, (random, truth) => (Noisy(random, truth, 0.5), Noisy(random, truth, 0.1)), isShadow: true, weight: _ => 10);
        var options = new VariantComparisonOptions { Champion = 1, Challenger = 2 };
        var sampled = await _performance.CompareAsync("tips", options, default);
        Assert.Equal((true, 4_000L), (sampled.IsPaired, sampled.RowCount));

        LogHarness.RecordAs(_log.Writer.Attach(TestModels.Serve(Layout, version: 2, variant: "challenger"))!, new FeatureRows(Layout, 1), 50_000, 0.5, weight: 2.5);
        await _log.FlushAsync();
        await _labels.RecordAsync(new[] { Label.ForPrediction(TestModels.Id(50_000), 1.0, Noon) }, default);

        var e = await Assert.ThrowsAsync<InvalidOperationException>(() => _performance.CompareAsync("tips", options, default));
        Assert.Contains("found sampling weights from 2.5 to 10 (model 'tips' version 2)", e.Message, StringComparison.Ordinal);
    }

    private async Task WriteAsync(ModelTask task, Func<Random, double, (double Champion, double Challenger)> answer, bool isShadow, Func<int, double>? weight = null, int count = 4_000)
    {
        var random = new Random(1);
        var (champion, challenger) = (_log.Writer.Attach(TestModels.Serve(Layout, task: task))!, _log.Writer.Attach(TestModels.Serve(Layout, version: 2, variant: "challenger", task: task))!);
        var rows = new FeatureRows(Layout, 1);
        var labels = new List<Label>();
        for (var i = 0; i < count; i++)
        {
            double truth = random.Next(2);
            var (one, other) = answer(random, truth);
            LogHarness.RecordAs(champion, rows, i, one, weight?.Invoke(i) ?? 1);
            LogHarness.RecordAs(challenger, rows, 10_000 + i, other, weight?.Invoke(i) ?? 1, isShadow ? i : null);
            labels.Add(Label.ForPrediction(TestModels.Id(i), truth, Noon));
            if (!isShadow)
            {
                labels.Add(Label.ForPrediction(TestModels.Id(10_000 + i), truth, Noon));
            }
        }

        await _log.FlushAsync();
        await _labels.RecordAsync(labels.ToArray(), default);
    }
}
