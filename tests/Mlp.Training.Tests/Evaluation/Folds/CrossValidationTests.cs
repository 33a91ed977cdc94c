using Apache.Arrow;
using Mlp.Runtime.Data;
using Mlp.Runtime.Models;
using Mlp.Training.Evaluation;
using Mlp.Training.Evaluation.Folds;
using Mlp.Training.Evaluation.Slices;
using Mlp.Training.Runs;
using Mlp.Training.Tests.Runs;
using Mlp.Training.Trees;

namespace Mlp.Training.Tests.Evaluation.Folds;

public sealed class CrossValidationTests
{
    [Theory]
    [InlineData(FoldScheme.KFold, 1)]
    [InlineData(FoldScheme.Stratified, 3)]
    [InlineData(FoldScheme.Grouped, 2)]
    [InlineData(FoldScheme.StratifiedGrouped, 1)]
    [InlineData(FoldScheme.TimeSeries, 1)]
    public async Task RunAsync_AnyScheme_NoRowIsScoredByAModelThatSawIt(FoldScheme scheme, int repeats)
    {
        // The score says whether the row was trained on.
        var trainer = new StubTrainer(ModelTask.BinaryClassification, (seen, batch) => [.. Ids(batch).Select(id => seen.Contains(id) ? 1f : 0f)]);
        var options = new CrossValidationOptions { Scheme = scheme, RepeatCount = repeats };
        if (scheme is FoldScheme.Grouped or FoldScheme.StratifiedGrouped)
        {
            options.GroupColumns.Add("group");
        }

        var result = await CrossValidation.RunAsync(trainer, FoldData.Set(500), options);

        Assert.Equal(5 * repeats, result.Folds.Count);
        Assert.All(result.Predictions.Rows.Scores.ToArray(), score => Assert.Equal(0, score));
        Assert.Equal(scheme == FoldScheme.TimeSeries ? 415 : 500, result.Predictions.RowNumbers.Count);
        Assert.Equal(result.Predictions.RowNumbers.Count * repeats, result.Folds.Sum(f => f.TestRowCount));
    }

    [Fact]
    public async Task RunAsync_Scores_GiveTheFoldsMetricsAndTheirMean()
    {
        var set = FoldData.Set(500);
        var result = await CrossValidation.RunAsync(FoldData.Scorer(), set);

        var auc = result.Metrics["auc"];
        Assert.Equal(result.Folds.Select(f => f.Result.Metrics["auc"]), auc.Values);
        Assert.Equal(auc.Values.Average(), auc.Mean, 1e-15);
        Assert.Equal(Math.Sqrt(auc.Values.Sum(v => Math.Pow(v - auc.Mean, 2)) / 4), auc.Deviation, 1e-15);

        // t(4) at 97.5 % is 2.7764451; folds share 1/5 + 100/400.
        Assert.Equal(2.7764451051977987 * auc.Deviation * Math.Sqrt((1 / 5.0) + 0.25), (auc.Interval.Upper - auc.Interval.Lower) / 2, 1e-9);
        Assert.Equal(0.25, result.TestShare, 1e-15);

        // Scores do not depend on the fold here, so that those of all folds are the scores of all rows.
        var whole = await Evaluator.EvaluateAsync(new StubModel(ModelTask.BinaryClassification, [], StubModel.ScoreColumn), set);
        Assert.Equal(whole.Metrics, result.OutOfFold.Metrics);
        Assert.Equal(whole.Intervals["auc"], result.OutOfFold.Intervals["auc"]);
        Assert.StartsWith("5 folds of 100 rows at most\nmetric", result.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task RunAsync_SettingOfAnotherTask_IsRefused()
    {
        var (ofTop, ofGroups, ofCutoff) = (new CrossValidationOptions(), new CrossValidationOptions(), new CrossValidationOptions());
        ofTop.Evaluation.TopK.Add(2);
        ofGroups.Evaluation.GroupColumn = "nowhere";
        ofCutoff.Evaluation.RankingCutoff = 3;

        Assert.Equal("Expected no EvaluatorOptions.TopK for BinaryClassification, because it is for MulticlassClassification.", await RefusedAsync(ofTop));
        Assert.Equal("Expected no EvaluatorOptions.GroupColumn for BinaryClassification, because it is for Ranking.", await RefusedAsync(ofGroups));
        Assert.Equal("Expected no EvaluatorOptions.RankingCutoff for BinaryClassification, because it is for Ranking.", await RefusedAsync(ofCutoff));

        static async Task<string> RefusedAsync(CrossValidationOptions options)
            => (await Assert.ThrowsAsync<ArgumentException>(() => CrossValidation.RunAsync(FoldData.Scorer(), FoldData.Set(100), options))).Message;
    }

    [Fact]
    public async Task RunAsync_Repeats_PredictionsAreTheirMeans()
    {
        var once = await CrossValidation.RunAsync(FoldData.Scorer(), FoldData.Set(300));
        var twice = await CrossValidation.RunAsync(FoldData.Scorer(), FoldData.Set(300), new() { RepeatCount = 2 });

        // Scores depend neither on fold nor on repeat here.
        Assert.Equal(once.Predictions.RowNumbers, twice.Predictions.RowNumbers);
        Assert.Equal(once.Predictions.Rows.Scores.ToArray(), twice.Predictions.Rows.Scores.ToArray());
    }

    [Fact]
    public async Task RunAsync_SameSeed_SameFoldsAtAnyParallelism()
    {
        var serial = await CrossValidation.RunAsync(FoldData.Scorer(), FoldData.Set(300), new() { RepeatCount = 2 });
        var parallel = await CrossValidation.RunAsync(FoldData.Scorer(), FoldData.Set(300), new() { RepeatCount = 2, ThreadBudget = 4 });
        var other = await CrossValidation.RunAsync(FoldData.Scorer(), FoldData.Set(300), new() { RepeatCount = 2, Seed = 1 });

        Assert.Equal(serial.FoldFingerprint, parallel.FoldFingerprint);
        Assert.Equal(serial.Metrics["auc"].Values, parallel.Metrics["auc"].Values);
        Assert.Equal(serial.Predictions.Scores.ToArray(), parallel.Predictions.Scores.ToArray());
        Assert.NotEqual(serial.FoldFingerprint, other.FoldFingerprint);
        Assert.NotEqual(serial.Metrics["auc"].Values.Take(5), serial.Metrics["auc"].Values.Skip(5));
    }

    [Theory]
    [InlineData(4, 1, 4)]
    [InlineData(4, 2, 2)]
    [InlineData(1, 3, 1)]
    public async Task RunAsync_ThreadBudget_BoundsTheFoldsAtOnce(int budget, int threads, int expected)
    {
        // Each training waits until as many others run as the budget allows; with fewer at once this would never end.
        var gate = new Barrier(expected);
        var trainer = new StubTrainer(ModelTask.BinaryClassification, (_, batch) => StubModel.ScoreColumn(batch))
        {
            ThreadCount = threads,
            Meanwhile = (number, token) => number <= expected ? Task.Run(() => gate.SignalAndWait(token), token) : Task.CompletedTask,
        };

        await CrossValidation.RunAsync(trainer, FoldData.Set(100), new() { ThreadBudget = budget, FoldCount = 4 });

        Assert.Equal(expected, trainer.GreatestConcurrency);
    }

    [Fact]
    public async Task RunAsync_Cancelled_EndsWithoutFurtherFolds()
    {
        using var source = new CancellationTokenSource();
        var trainer = new StubTrainer(ModelTask.BinaryClassification, (_, batch) => StubModel.ScoreColumn(batch))
        {
            Meanwhile = (number, token) =>
            {
                if (number == 2)
                {
                    source.Cancel();
                }

                token.ThrowIfCancellationRequested();
                return Task.CompletedTask;
            },
        };

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => CrossValidation.RunAsync(trainer, FoldData.Set(100), cancellationToken: source.Token));

        Assert.Equal(2, trainer.Seen.Count);
    }

    [Fact]
    public async Task RunAsync_FoldFails_SaysWhatFailedAndStopsTheOthers()
    {
        var trainer = new StubTrainer(ModelTask.BinaryClassification, (_, batch) => StubModel.ScoreColumn(batch))
        {
            Meanwhile = (number, _) => number == 1 ? throw new TrainingDataException("too few") : Task.CompletedTask,
        };

        var error = await Assert.ThrowsAsync<TrainingDataException>(() => CrossValidation.RunAsync(trainer, FoldData.Set(100)));

        Assert.Equal("too few", error.Message);
        Assert.Single(trainer.Seen);
    }

    [Fact]
    public async Task RunAsync_Progress_TellsEachFold()
    {
        var told = new List<CrossValidationProgress>();

        await CrossValidation.RunAsync(FoldData.Scorer(), FoldData.Set(100), progress: new Direct(told.Add));

        Assert.Equal([1, 2, 3, 4, 5], told.Select(p => p.DoneCount));
        Assert.All(told, p => Assert.Equal(5, p.FoldCount));
    }

    [Fact]
    public async Task RunAsync_Tracker_KeepsARunPerFoldUnderOneRun()
    {
        using var fixture = new TrackerFixture();
        var result = await CrossValidation.RunAsync(FoldData.Scorer(), FoldData.Set(100), new() { Experiment = "tips", RunName = "trees" }, fixture.Tracker);

        var runs = await fixture.Tracker.ListAsync("tips");
        var parent = runs.Single(r => r.Name == "trees");
        Assert.Equal(6, runs.Count);
        Assert.All(runs, r => Assert.Equal(RunStatus.Finished, r.Status));
        Assert.Equal(result.RunId, parent.Id);
        Assert.All(runs.Where(r => r != parent), r => Assert.Equal(parent.Id, r.ParentRunId));
        Assert.Equal(result.Metrics["auc"].Mean, parent.GetMetric("auc"));
        Assert.Equal(result.Metrics["auc"].Deviation, parent.GetMetric("auc_deviation"));
        Assert.Equal(result.Folds[2].Result.Metrics["auc"], runs.Single(r => r.Name == "trees-1-3").GetMetric("auc"));
        Assert.Equal("Stratified", parent.Parameters["scheme"]);
    }

    [Fact]
    public async Task RunAsync_TextClasses_ArePutTogetherByName()
    {
        // The models of the folds order their classes the other way round.
        string[] names = ["c", "b", "a"];
        var trainer = new StubTrainer(
            ModelTask.MulticlassClassification,
            (_, batch) => [.. Enumerable.Range(0, batch.Length).SelectMany(row => names.Select(n => ((StringArray)batch.Column("kind")).GetString(row) == n ? 0.8f : 0.1f))],
            names);

        var result = await CrossValidation.RunAsync(trainer, FoldData.Set(120, label: "kind"));

        Assert.Equal(["a", "b", "c"], result.OutOfFold.ClassNames);
        Assert.Equal(1, result.Metrics["accuracy"].Mean);
        Assert.Equal(3, result.Predictions.ScoreCount);
        Assert.Equal(-Math.Log(0.8f / (0.8f + 0.2f)), result.OutOfFold.Metrics["log_loss"], 1e-6);
    }

    [Fact]
    public async Task RunAsync_SlicesOfATimeSeries_AreThoseOfTheTestedRows()
    {
        var options = new CrossValidationOptions { Scheme = FoldScheme.TimeSeries, Evaluation = { MinimumSliceRows = 2 } };
        options.Evaluation.Slices.Add(RowSlice.ByValue("kind"));

        var result = await CrossValidation.RunAsync(FoldData.Scorer(), FoldData.Set(600), options);

        Assert.Equal(["kind=a", "kind=b", "kind=c"], result.OutOfFold.Slices.Select(s => s.Name).Order(StringComparer.Ordinal));
        Assert.Equal(500, result.OutOfFold.Slices.Sum(s => s.RowCount));
        Assert.Equal(["100 of 600 rows were never tested."], result.Notes);
        Assert.Equal(100, result.Predictions.Scores.ToArray().Count(double.IsNaN));
    }

    [Fact]
    public async Task RunAsync_Ranking_KeepsQueriesTogether()
    {
        var trainer = new StubTrainer(ModelTask.Ranking, (_, batch) => StubModel.ScoreColumn(batch));
        var options = new CrossValidationOptions { Evaluation = { GroupColumn = "query" } };

        var result = await CrossValidation.RunAsync(trainer, FoldData.Set(300, label: "gain"), options);

        Assert.Equal(60, result.OutOfFold.Ranking!.QueryCount);
        Assert.Equal(60, result.Folds.Sum(f => f.Result.Ranking!.QueryCount));
        Assert.InRange(result.Metrics["ndcg"].Mean, 0.3, 1);
    }

    [Fact]
    public async Task RunAsync_Trees_AgreeWithTrainingTheFoldsByHand()
    {
        var set = SyntheticRows.Create(600, seed: 1);
        var trainer = new TreeTrainer(new TreeOptions { MaximumIterations = 10, Threads = 1 });

        var result = await CrossValidation.RunAsync(trainer, set, new() { FoldCount = 3, ThreadBudget = 2 });

        var folds = await CrossValidation.SplitAsync(set, ModelTask.BinaryClassification, new() { FoldCount = 3 });
        using var model = await trainer.FitAsync(folds[1].Training);
        var expected = await Evaluator.EvaluateAsync(model, folds[1].Test);
        Assert.Equal(expected.Metrics, result.Folds[1].Result.Metrics);
        Assert.InRange(result.OutOfFold.Metrics["auc"], 0.7, 1);
        Assert.InRange(result.Folds[1].BestEpoch, 1, 10);
    }

    private static long[] Ids(RecordBatch batch) => ((Int64Array)batch.Column("id")).Values.ToArray();

    private sealed class Direct(Action<CrossValidationProgress> told) : IProgress<CrossValidationProgress>
    {
        public void Report(CrossValidationProgress value) => told(value);
    }
}
