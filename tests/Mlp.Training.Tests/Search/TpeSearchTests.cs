using System.Collections.Concurrent;
using Mlp.TestSupport;
using Mlp.Training.Evaluation;
using Mlp.Training.Evaluation.Folds;
using Mlp.Training.Networks;
using Mlp.Training.Search;
using Mlp.Training.Tests.Runs;

namespace Mlp.Training.Tests.Search;

/// <summary>Searches whose trials depend on each other: by TPE, after a kill, and by other metrics than the loss.</summary>
public sealed class TpeSearchTests : IDisposable
{
    private readonly TrackerFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public async Task RunAsync_SameSeed_TriesTheSameAlsoWhenItWasCutShort()
    {
        var whole = await Search("whole").RunAsync(Bowl);
        var tried = new List<int>();

        await CutAsync("cut", number: 9);
        await CutAsync("cut", number: 14);
        var cut = await Search("cut").RunAsync((trial, cancellationToken) =>
        {
            tried.Add(trial.Number);
            return Bowl(trial, cancellationToken);
        });

        Assert.Equal(Enumerable.Range(14, 11), tried);
        Assert.Equal(whole.Trials.Select(Text), cut.Trials.Select(Text));
        Assert.NotEqual((await Search("other", o => o.Seed = 9).RunAsync(Bowl)).Trials[20].Value, whole.Trials[20].Value);
    }

    [Fact]
    public async Task RunAsync_TrialWasKilled_IsTriedAgainWithTheSettingsThatItHad()
    {
        // In the second call more trials have ended than when trial 6 began, which would lead to other settings.
        var first = new ConcurrentDictionary<int, TrialParameters>();
        var many = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var stop = new CancellationTokenSource();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Search("killed", o => o.Parallelism = 3).RunAsync(
            async (trial, cancellationToken) =>
            {
                first[trial.Number] = trial.Parameters;
                trial.Run.LogParameter("of the objective", "x");
                if (trial.Number == 15)
                {
                    many.SetResult();
                }

                if (trial.Number == 6)
                {
                    await many.Task;
                    await stop.CancelAsync();
                    cancellationToken.ThrowIfCancellationRequested();
                }

                return await Bowl(trial, cancellationToken);
            },
            stop.Token));

        var second = await Search("killed", o => o.Parallelism = 3).RunAsync(Bowl);

        Assert.Equal("killed-0006-2", second.Trials[6].RunName);
        Assert.Equal(first[6].Values.OrderBy(v => v.Key), second.Trials[6].Parameters.Values.OrderBy(v => v.Key));
    }

    [Fact]
    public async Task RunAsync_TrialsAtOnce_AllEnd()
    {
        var result = await Search("parallel", o => (o.TrialCount, o.Parallelism) = (40, 4)).RunAsync(async (trial, cancellationToken) =>
        {
            await Task.Yield();
            return trial.Number % 7 == 3 ? throw new TrainingDataException("Expected rows.") : await Bowl(trial, cancellationToken);
        });

        Assert.Equal(40, result.Trials.Count);
        Assert.Equal(6, result.Trials.Count(t => t.Status == TrialStatus.Failed));
        Assert.InRange(result.Best!.Value!.Value, 0, 0.05);
    }

    [Fact]
    public async Task RunAsync_KilledTrialWithCheckpoints_GoesOnWhereItWas()
    {
        using var folder = new TempDirectory();
        var split = await TimeSplit.ByShareAsync(SyntheticRows.Create(400, seed: 1), holdoutShare: 0.3);
        using var kill = new CancellationTokenSource();
        var steps = new StepCounter();
        NetworkTrainer Trainer(Trial trial, string run)
        {
            var options = new NetworkOptions { HiddenLayers = [8], BatchSize = 32, MaxEpochs = 6, LearningRate = 0.01, Seed = trial.Seed };
            options.Checkpoints.Directory = options.ResumeFrom = folder.Combine($"{run}-{trial.Number}");
            options.Callbacks.Add(steps);
            return new(options);
        }

        var space = new SearchSpace().Choice("rate", "0.01");
        HyperparameterSearch Of(string name) => new(_fixture.Tracker, "tips", name, space, new SearchOptions { TrialCount = 2 });
        var whole = await Of("uncut").RunAsync(TrainerObjective.Holdout(t => Trainer(t, "uncut"), split.Training, split.Holdout));
        var perTrial = steps.Count / 2;
        (steps.Count, steps.StopAt, steps.Stop) = (0, perTrial + (perTrial / 2) + 1, kill);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Of("cut").RunAsync(TrainerObjective.Holdout(t => Trainer(t, "cut"), split.Training, split.Holdout), kill.Token));
        (steps.Count, steps.Stop) = (0, null);

        var cut = await Of("cut").RunAsync(TrainerObjective.Holdout(t => Trainer(t, "cut"), split.Training, split.Holdout));

        Assert.Equal(whole.Trials.Select(t => t.Value), cut.Trials.Select(t => t.Value));
        Assert.Equal(perTrial / 2, steps.Count);
    }

    [Fact]
    public async Task Holdout_Metrics_AreTheTrainersOwnOrMeasured()
    {
        var split = await TimeSplit.ByShareAsync(SyntheticRows.Create(400, seed: 1), holdoutShare: 0.3);
        var options = new NetworkOptions { HiddenLayers = [8], MaxEpochs = 4, LearningRate = 0.02, Seed = 1, StopMetric = ValidationMetric.Auc };
        using var model = await new NetworkTrainer(options).FitAsync(split.Training, split.Holdout);

        var reported = await ValueAsync(TrialMetric.StopMetric(higherIsBetter: true));
        var measured = await ValueAsync(TrialMetric.Of(async (fitted, validation, cancellationToken) => (await Evaluator.EvaluateAsync(fitted.Export(cancellationToken: cancellationToken), validation, cancellationToken: cancellationToken)).Metrics["auc"]));
        var loss = await ValueAsync(null);

        Assert.Equal(model.History.Max(h => h.ValidationMetric)!.Value, reported.Value);
        Assert.Equal(reported.Value!.Value, measured.Value!.Value, 1e-4);
        Assert.Equal(model.History.Min(h => h.ValidationLoss), loss.Value);
        Assert.Equal((4, 0), (reported.Progress, measured.Progress));

        async Task<(double? Value, int Progress)> ValueAsync(TrialMetric? metric)
        {
            var name = $"metric-{Guid.NewGuid():N}";
            var search = new HyperparameterSearch(_fixture.Tracker, "tips", name, new SearchSpace().Choice("c", "a"), new SearchOptions { TrialCount = 1, HigherIsBetter = metric is not null });
            var result = await search.RunAsync(TrainerObjective.Holdout(_ => new NetworkTrainer(options), split.Training, split.Holdout, metric));
            return (result.Trials[0].Value, result.Runs[0].Metrics.GetValueOrDefault("progress")?.Count ?? 0);
        }
    }

    [Fact]
    public async Task CrossValidated_Metric_IsTheMeanOverFolds()
    {
        var rows = SyntheticRows.Create(300, seed: 1);
        var options = new CrossValidationOptions { FoldCount = 3, Seed = 4 };
        NetworkTrainer Trainer(double rate) => new(new NetworkOptions { HiddenLayers = [8], MaxEpochs = 3, LearningRate = rate, Seed = 1 });
        var search = new HyperparameterSearch(
            _fixture.Tracker, "tips", "folds", new SearchSpace().Choice("rate", "0.00001", "0.02"), new SearchOptions { TrialCount = 4, HigherIsBetter = true });

        var result = await search.RunAsync(TrainerObjective.CrossValidated(t => Trainer(t.Parameters.GetDouble("rate")), rows, "auc", options));

        Assert.Equal("0.02", result.Best!.Parameters.GetText("rate"));
        Assert.Equal((await CrossValidation.RunAsync(Trainer(0.02), rows, options)).Metrics["auc"].Mean, result.Best.Value);
        Assert.Equal([1L, 2, 3], result.Runs[0].Metrics["progress"].Select(p => p.Step));
        Assert.Equal(result.Trials[0].Value!.Value, result.Runs[0].Metrics["progress"][^1].Value, 1e-12);
    }

    [Fact]
    public async Task CrossValidated_UnknownMetric_FailsWithASentence()
    {
        var search = new HyperparameterSearch(_fixture.Tracker, "tips", "unknown", new SearchSpace().Choice("c", "a"), new SearchOptions { TrialCount = 1 });

        var error = await Assert.ThrowsAsync<SearchFailedException>(() => search.RunAsync(TrainerObjective.CrossValidated(
            _ => new NetworkTrainer(new NetworkOptions { HiddenLayers = [8], MaxEpochs = 1 }), SyntheticRows.Create(300, seed: 1), "luck", new CrossValidationOptions { FoldCount = 2 })));

        Assert.StartsWith("ArgumentException: Expected one of the metrics ", error.Result.Runs[0].Reason, StringComparison.Ordinal);
        Assert.Contains("'auc', ", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Holdout_TrainerWithoutTheMetric_FailsWithASentence()
    {
        var split = await TimeSplit.ByShareAsync(SyntheticRows.Create(400, seed: 1), holdoutShare: 0.3);
        var search = new HyperparameterSearch(_fixture.Tracker, "tips", "none", new SearchSpace().Choice("c", "a"), new SearchOptions { TrialCount = 1 });

        var error = await Assert.ThrowsAsync<SearchFailedException>(() => search.RunAsync(TrainerObjective.Holdout(
            _ => new NetworkTrainer(new NetworkOptions { HiddenLayers = [8], MaxEpochs = 1 }), split.Training, split.Holdout, TrialMetric.StopMetric(higherIsBetter: false))));

        Assert.Equal(
            "InvalidOperationException: Expected a trainer whose settings name a metric that decides which epoch is the best, but its history has none.", error.Result.Runs[0].Reason);
    }

    private static string Text(TrialResult trial) => $"{trial.Number} {trial.Value} {string.Join(' ', trial.Parameters.Values.OrderBy(v => v.Key, StringComparer.Ordinal))}";

    private static Task<double> Bowl(Trial trial, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return Task.FromResult(Math.Pow(trial.Parameters.GetDouble("x") - 0.3, 2) + Math.Pow((Math.Log10(trial.Parameters.GetDouble("y")) + 2) / 4, 2));
    }

    private async Task CutAsync(string name, int number)
    {
        using var stop = new CancellationTokenSource();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Search(name).RunAsync(
            async (trial, cancellationToken) =>
            {
                if (trial.Number == number)
                {
                    await stop.CancelAsync();
                }

                return await Bowl(trial, cancellationToken);
            },
            stop.Token));
    }

    private HyperparameterSearch Search(string name, Action<SearchOptions>? configure = null)
    {
        var options = new SearchOptions { Sampling = SearchSampling.Tpe, TrialCount = 25, StartupTrials = 5 };
        configure?.Invoke(options);
        return new HyperparameterSearch(_fixture.Tracker, "tips", name, new SearchSpace().Uniform("x", 0, 1).LogUniform("y", 1e-4, 1).Int("z", 1, 3), options, _fixture.Time);
    }

    private sealed class StepCounter : INetworkCallback
    {
        public int Count { get; set; }

        public int StopAt { get; set; }

        public CancellationTokenSource? Stop { get; set; }

        public void StepEnded(in NetworkStep step, NetworkTrainingControl control)
        {
            if (++Count == StopAt)
            {
                Stop?.Cancel();
            }
        }
    }
}
