using Microsoft.Extensions.Logging.Abstractions;
using Mlp.Monitoring.Comparison;
using Mlp.Monitoring.Figures;
using Mlp.Monitoring.Labels;
using Mlp.Monitoring.Performance;
using Mlp.Monitoring.Tests.PredictionLog;
using Mlp.Runtime.Data;
using Mlp.Runtime.Models;
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

    private async Task WriteAsync(ModelTask task, Func<Random, double, (double Champion, double Challenger)> answer, bool isShadow, Func<int, double>? weight = null)
    {
        var random = new Random(1);
        var (champion, challenger) = (_log.Writer.Attach(TestModels.Serve(Layout, task: task))!, _log.Writer.Attach(TestModels.Serve(Layout, version: 2, variant: "challenger", task: task))!);
        var rows = new FeatureRows(Layout, 1);
        var labels = new List<Label>();
        for (var i = 0; i < 4_000; i++)
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
