using Apache.Arrow;
using Microsoft.Extensions.Time.Testing;
using Mlp.Runtime.Data;
using Mlp.Runtime.Models;
using Mlp.Runtime.Statistics;
using Mlp.Training.Trees;

namespace Mlp.Training.Tests.Trees;

public sealed class TreeTrainerTests
{
    [Fact]
    public async Task FitAsync_BinaryRowsOfEveryType_LearnsAndStopsAtTheBestIteration()
    {
        var seen = new List<TrainingProgress>();

        using var trees = await new TreeTrainer(Small()).FitAsync(SyntheticRows.Create(2000, seed: 1), progress: new Reported(seen));

        var batch = await SyntheticRows.BatchOf(SyntheticRows.Create(1000, seed: 2));
        byte[] labels = [.. ((FloatArray)batch.Column(SyntheticRows.Label)).Values.ToArray().Select(l => (byte)l)];
        Assert.InRange(BinaryClassificationMetrics.Compute(trees.Predict(batch), labels).Auc, 0.78, 0.95);
        Assert.Equal(1600, trees.TrainingCount);
        Assert.Equal(seen, trees.History);
        Assert.All(seen, p => Assert.Null(p.ValidationMetric));
        Assert.Equal(trees.History.MinBy(p => p.ValidationLoss)!.Epoch, trees.BestIteration);
        Assert.Equal(trees.BestIteration + 10, trees.History.Count);
        Assert.Equal(trees.BestIteration, trees.Model.IterationCount);
        Assert.Equal(["card", "company", "fare", "hour", "miles"], trees.FeatureImportance(FeatureImportanceKind.Split).Keys.Order());
    }

    [Fact]
    public async Task FitAsync_SameSeed_SameTrees()
    {
        var options = Small();
        (options.BaggingFraction, options.FeatureFraction) = (0.7, 0.8);

        using var one = await new TreeTrainer(options).FitAsync(SyntheticRows.Create(800, seed: 1));
        using var two = await new TreeTrainer(options).FitAsync(SyntheticRows.Create(800, seed: 1));
        options.Seed = 9;
        using var other = await new TreeTrainer(options).FitAsync(SyntheticRows.Create(800, seed: 1));

        Assert.Equal(one.ToText(), two.ToText());
        Assert.NotEqual(one.ToText(), other.ToText());
    }

    [Fact]
    public async Task FitAsync_ValidationSet_DecidesInsteadOfTheLastRows()
    {
        using var trees = await new TreeTrainer(Small()).FitAsync(SyntheticRows.Create(1000, seed: 1), SyntheticRows.Create(400, seed: 2));

        Assert.Equal(1000, trees.TrainingCount);
        Assert.NotNull(trees.History[0].ValidationLoss);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task FitAsync_MeasuresTrainingLoss_TellsItOnlyThen(bool measures)
    {
        var options = Small();
        options.MeasuresTrainingLoss = measures;
        using var trees = await new TreeTrainer(options).FitAsync(SyntheticRows.Create(800, seed: 1));

        Assert.All(trees.History, p => Assert.Equal(measures, p.TrainingLoss.HasValue));
        Assert.All(trees.History, p => Assert.InRange(p.TrainingLoss ?? 0.5, 0.05, 0.7));
    }

    [Fact]
    public async Task FitAsync_TrainingMetricThatIsBetterWhenGreater_IsTurnedIntoALoss()
    {
        var options = Small();
        (options.Metric, options.MeasuresTrainingLoss, options.MaximumIterations, options.ValidationShare) = ("auc", true, 5, 0);
        var set = SyntheticRows.Create(500, seed: 1);

        using var trees = await new TreeTrainer(options).FitAsync(set);

        var batch = await SyntheticRows.BatchOf(set);
        byte[] labels = [.. ((FloatArray)batch.Column(SyntheticRows.Label)).Values.ToArray().Select(l => (byte)l)];
        Assert.Equal(1 - BinaryClassificationMetrics.Compute(trees.Predict(batch), labels).Auc, trees.History[^1].TrainingLoss!.Value, 1e-6);
    }

    [Theory]
    [InlineData(TreeBoosting.GradientBoosting, false)]
    [InlineData(TreeBoosting.Dart, true)]
    public async Task FitAsync_LabelsOfChance_OnlyDartGoesOnToTheEnd(TreeBoosting boosting, bool goesOn)
    {
        var options = Small();
        (options.Boosting, options.MaximumIterations, options.EarlyStoppingPatience) = (boosting, 25, 3);

        using var trees = await new TreeTrainer(options).FitAsync(SyntheticRows.Create(600, seed: 3, isShuffled: true));

        Assert.Equal(goesOn, trees.History.Count == 25);
        Assert.Equal(goesOn ? 25 : trees.BestIteration, trees.Model.IterationCount);
        Assert.True(trees.History[^1].ValidationLoss > trees.History.Min(p => p.ValidationLoss));
    }

    [Fact]
    public async Task FitAsync_CustomMetric_DecidesWhenToStopAndSeesProbabilities()
    {
        var options = Small();
        var calls = 0;
        options.CustomMetric = (scores, labels, weights) =>
        {
            Assert.Equal((200, 200, 0), (scores.Length, labels.Length, weights.Length));
            Assert.InRange(scores[0], 0, 1);
            return ++calls == 5 ? 2 : 1;
        };
        options.IsGreaterCustomMetricBetter = true;

        using var trees = await new TreeTrainer(options).FitAsync(SyntheticRows.Create(1000, seed: 1));

        Assert.Equal((5, 15), (trees.BestIteration, trees.History.Count));
        Assert.Equal((-1, 2), (trees.History[4].ValidationLoss, trees.History[4].ValidationMetric));
    }

    [Fact]
    public async Task FitAsync_MetricByName_IsMaximised()
    {
        var options = Small();
        options.Metric = "auc";

        using var trees = await new TreeTrainer(options).FitAsync(SyntheticRows.Create(1000, seed: 1));

        var best = trees.History[trees.BestIteration - 1];
        Assert.InRange(best.ValidationMetric!.Value, 0.65, 0.95);
        Assert.Equal(1 - best.ValidationMetric, best.ValidationLoss);
        Assert.Equal(trees.History.Max(p => p.ValidationMetric), best.ValidationMetric);
    }

    [Fact]
    public async Task FitAsync_Monotone_ScoresNeverFall()
    {
        var options = Small();
        options.MonotoneConstraints["miles"] = 1;
        options.MonotoneConstraints["fare"] = -1;

        using var trees = await new TreeTrainer(options).FitAsync(SyntheticRows.Create(1500, seed: 1));

        var model = trees.Model;
        var random = new Random(1);
        double[] row = [0, 20, 5, 1, 0];
        Assert.Equal([1, -1, 0, 0, 0], model.MonotoneConstraints);
        for (var i = 0; i < 200; i++)
        {
            (row[1], row[2]) = (random.Next(45), random.Next(24));
            var last = double.NegativeInfinity;
            for (row[0] = 0; row[0] < 10; row[0] += 0.5)
            {
                var score = new double[1];
                model.PredictRaw(row, score);
                Assert.True(score[0] >= last);
                last = score[0];
            }
        }
    }

    [Theory]
    [InlineData(TreeObjective.Multiclass)]
    [InlineData(TreeObjective.MulticlassOneVersusAll)]
    public async Task FitAsync_SeveralClasses_NamesThemAndExports(TreeObjective objective)
    {
        var random = new Random(4);
        var x = Enumerable.Range(0, 900).Select(_ => random.NextSingle() * 3).ToArray();
        var labels = x.Aggregate(new StringArray.Builder(), (b, v) => b.Append(v < 1 ? "low" : v < 2 ? "middle" : "high")).Build();
        var set = new Rows().Float32("x", [.. x.Select(v => (float?)v)]).Text("t", [.. x.Select(v => v < 0.5 ? "a" : "b")]).Other("label", labels).Set("label");
        var options = Small();
        options.Objective = objective;

        using var trees = await new TreeTrainer(options).FitAsync(set);
        var model = trees.Export();

        Assert.Equal(["high", "low", "middle"], trees.ClassNames);
        Assert.Equal((3, ModelTask.MulticlassClassification), (trees.ScoreCount, trees.Task));
        var scores = trees.Predict(await SyntheticRows.BatchOf(set));
        Assert.True(Enumerable.Range(0, 900).Count(i => scores.AsSpan(i * 3, 3).IndexOf(scores.AsSpan(i * 3, 3).ToArray().Max()) == (x[i] < 1 ? 1 : x[i] < 2 ? 2 : 0)) > 880);
        Assert.InRange(model.ExportProof.MaximumDifference, 0, 1e-6);
        Assert.Equal(trees.ClassNames, model.Output.ClassNames);
    }

    [Theory]
    [InlineData(TreeObjective.Regression)]
    [InlineData(TreeObjective.AbsoluteError)]
    [InlineData(TreeObjective.Huber)]
    [InlineData(TreeObjective.Fair)]
    [InlineData(TreeObjective.Quantile)]
    [InlineData(TreeObjective.AbsolutePercentageError)]
    [InlineData(TreeObjective.Poisson)]
    [InlineData(TreeObjective.Gamma)]
    [InlineData(TreeObjective.Tweedie)]
    public async Task FitAsync_Numbers_EveryObjectiveExports(TreeObjective objective)
    {
        var options = Small();
        options.Objective = objective;

        using var trees = await new TreeTrainer(options).FitAsync(SyntheticRows.Create(600, seed: 1, isRegression: true));

        Assert.InRange(trees.Export().ExportProof.MaximumDifference, 0, 2e-6);
        Assert.InRange(trees.Predict(await SyntheticRows.BatchOf(SyntheticRows.Create(50, seed: 2, isRegression: true))).Average(), 80, 130);
    }

    [Fact]
    public async Task FitAsync_Weights_MoveTheScores()
    {
        var set = SyntheticRows.Create(800, seed: 1);
        var options = Small();
        (options.ValidationShare, options.MaximumIterations) = (0, 20);
        using var plain = await new TreeTrainer(options).FitAsync(set);
        options.ClassWeights["1"] = 5;
        using var byClass = await new TreeTrainer(options).FitAsync(set);
        options.ClassWeights.Clear();
        options.PositiveWeight = 5;
        using var positive = await new TreeTrainer(options).FitAsync(set);
        var batch = await SyntheticRows.BatchOf(set);

        Assert.True(byClass.Predict(batch).Average() > plain.Predict(batch).Average() + 0.1);
        Assert.True(positive.Predict(batch).Average() > plain.Predict(batch).Average() + 0.1);
    }

    [Fact]
    public async Task FitAsync_Ranking_OrdersWithinGroups()
    {
        var random = new Random(2);
        var x = Enumerable.Range(0, 600).Select(_ => random.NextSingle()).ToArray();
        var set = new Rows().Float32("x", [.. x.Select(v => (float?)v)])
            .Other("query", Enumerable.Range(0, 600).Aggregate(new Int64Array.Builder(), (b, i) => b.Append(i / 7)).Build())
            .Label("grade", [.. x.Select(v => (float)Math.Floor(v * 4))]).Set("grade");
        var options = Small();
        (options.Objective, options.GroupColumn, options.MinimumRowsInLeaf) = (TreeObjective.LambdaRank, "query", 5);

        using var trees = await new TreeTrainer(options).FitAsync(set);

        // 80 % of 600 rows is 480, within the group of the rows 476 to 482.
        Assert.Equal(476, trees.TrainingCount);
        Assert.Equal(ModelTask.Ranking, trees.Task);
        var scores = trees.Predict(await SyntheticRows.BatchOf(set));
        Assert.True(scores[System.Array.IndexOf(x, x.Max())] > scores[System.Array.IndexOf(x, x.Min())]);
    }

    [Fact]
    public async Task FitAsync_RankingWithoutAMetric_StopsByNdcgOfTenPlaces()
    {
        // Of 15 answers each group has some that are relevant; gains of 0 and 1 are the same to LightGBM's formula.
        var random = new Random(4);
        var x = Enumerable.Range(0, 900).Select(_ => random.NextSingle()).ToArray();
        var grades = x.Select((v, i) => i % 15 == 0 || random.NextDouble() < 0.4 * v ? 1f : 0).ToArray();
        var set = new Rows().Float32("x", [.. x.Select(v => (float?)v)]).Float32("u", [.. x.Select(_ => (float?)random.NextSingle())])
            .Other("query", new Int64Array.Builder().AppendRange(x.Select((_, i) => i / 15L)).Build()).Label("grade", grades).Set("grade");
        var options = Small();
        (options.Objective, options.GroupColumn, options.MaximumLeaves, options.MinimumRowsInLeaf, options.MaximumIterations) = (TreeObjective.LambdaRank, "query", 31, 2, 20);

        using var trees = await new TreeTrainer(options).FitAsync(set);

        // Where scores are equal, LightGBM takes the earlier row first.
        var scores = trees.Predict(await SyntheticRows.BatchOf(set));
        var ndcg = Enumerable.Range(48, 12).Select(q => Enumerable.Range(q * 15, 15).ToArray())
            .Average(rows => Dcg(rows.OrderByDescending(row => scores[row])) / Dcg(rows.OrderByDescending(row => grades[row])));
        Assert.Equal(1 - ndcg, trees.History[trees.BestIteration - 1].ValidationLoss!.Value, 1e-6);

        double Dcg(IEnumerable<int> rows) => rows.Take(10).Select((row, place) => grades[row] / Math.Log2(place + 2)).Sum();
    }

    [Fact]
    public async Task ContinueAsync_MoreIterations_KeepsTheEarlierTrees()
    {
        var options = Small();
        (options.ValidationShare, options.MaximumIterations) = (0, 10);
        var trainer = new TreeTrainer(options);
        using var first = await trainer.FitAsync(SyntheticRows.Create(800, seed: 1));

        using var second = await trainer.ContinueAsync(first, SyntheticRows.Create(800, seed: 5));

        Assert.Equal((10, 20), (first.Model.IterationCount, second.Model.IterationCount));
        Assert.Equal(first.Model.Trees[3].Leaves, second.Model.Trees[3].Leaves);
        Assert.InRange(second.Export().ExportProof.MaximumDifference, 0, 1e-6);
        var batch = await SyntheticRows.BatchOf(SyntheticRows.Create(800, seed: 5));
        byte[] labels = [.. ((FloatArray)batch.Column(SyntheticRows.Label)).Values.ToArray().Select(l => (byte)l)];
        Assert.True(BinaryClassificationMetrics.Compute(second.Predict(batch), labels).LogLoss < BinaryClassificationMetrics.Compute(first.Predict(batch), labels).LogLoss);
    }

    [Fact]
    public async Task FitAsync_MoreColumnsThanArePinnedAtOnce_ReadsEach()
    {
        var random = new Random(6);
        var rows = new Rows();
        var last = System.Array.Empty<float?>();
        for (var column = 0; column < 300; column++)
        {
            last = [.. Enumerable.Range(0, 200).Select(_ => (float?)random.NextSingle())];
            rows.Float32(FormattableString.Invariant($"x{column}"), last);
        }

        using var trees = await new TreeTrainer(Small()).FitAsync(rows.Label("label", [.. last.Select(v => v > 0.5f)]).Set("label"));

        Assert.Equal("x299", trees.FeatureImportance().MaxBy(p => p.Value).Key);
        Assert.InRange(trees.Export().ExportProof.MaximumDifference, 0, 1e-6);
    }

    [Fact]
    public async Task FitAsync_Cancelled_Ends()
    {
        using var source = new CancellationTokenSource();
        var options = Small();
        options.EarlyStoppingPatience = options.MaximumIterations = 10_000;
        var progress = new Reported([], p =>
        {
            if (p.Epoch == 3)
            {
                source.Cancel();
            }
        });

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => new TreeTrainer(options).FitAsync(SyntheticRows.Create(500, seed: 1), progress: progress, cancellationToken: source.Token));
        Assert.Equal(3, progress.Count);
    }

    [Fact]
    public async Task FitAsync_Time_IsThatOfTheProvider()
    {
        using var trees = await new TreeTrainer(Small(), timeProvider: new FakeTimeProvider()).FitAsync(SyntheticRows.Create(300, seed: 1));

        Assert.All(trees.History, p => Assert.Equal(TimeSpan.Zero, p.Elapsed));
    }

    internal static TreeOptions Small() => new() { MaximumIterations = 120, MaximumLeaves = 8, EarlyStoppingPatience = 10, Threads = 1, Seed = 1 };

    internal sealed class Reported(List<TrainingProgress> seen, Action<TrainingProgress>? then = null) : IProgress<TrainingProgress>
    {
        public int Count { get; private set; }

        public void Report(TrainingProgress value)
        {
            Count++;
            seen.Add(value);
            then?.Invoke(value);
        }
    }
}
