using System.Globalization;
using Apache.Arrow;
using Mlp.Runtime.Statistics;
using Mlp.TestSupport;
using Mlp.Training.Distributed.Collectives;
using Mlp.Training.Tests.Distributed.Collectives.Tcp;
using Mlp.Training.Trees;

namespace Mlp.Training.Tests.Trees;

/// <summary>Replicas that grow trees together get the trees of one, and end together.</summary>
public sealed class DistributedTreeTests
{
    [ReferenceDataFact(RealRows.Adult)]
    public async Task FitAsync_AdultCensus_ReachesTheSameAucWithOneTwoAndFourReplicas()
    {
        var (training, holdout) = (RealRows.ReadAdult(i => i % 10 < 7), await SyntheticRows.BatchOf(RealRows.ReadAdult(i => i % 10 >= 7)));
        byte[] labels = [.. ((BooleanArray)holdout.Column("income")).Select(l => l == true ? (byte)1 : (byte)0)];
        var aucs = new List<double>();
        foreach (var replicas in new[] { 1, 2, 4 })
        {
            var options = new TreeOptions { Threads = 2, Seed = 1, MaximumIterations = TestRounds.Count >= 100 ? 300 : 60, Metric = "auc" };
            options.Distributed.Replicas = replicas;
            using var trees = await new TreeTrainer(options).FitAsync(training);
            aucs.Add(BinaryClassificationMetrics.Compute(trees.Predict(holdout), labels).Auc);
        }

        Assert.InRange(aucs[0], 0.92, 0.94);
        Assert.All(aucs, a => Assert.True(Math.Abs(a - aucs[0]) < 0.002, string.Join(", ", aucs)));
    }

    [Theory]
    [InlineData(TreeLearner.Data, 2)]
    [InlineData(TreeLearner.Data, 3)]
    [InlineData(TreeLearner.Voting, 2)]
    public async Task FitAsync_Replicas_ScoreAsOne(TreeLearner learner, int replicas)
    {
        var set = SyntheticRows.Create(1500, seed: 1);
        var batch = await SyntheticRows.BatchOf(SyntheticRows.Create(500, seed: 2));
        using var one = await new TreeTrainer(Options(1)).FitAsync(set);
        using var several = await new TreeTrainer(Options(replicas, learner)).FitAsync(set);

        // LightGBM estimates how many rows a leaf has when it adds up histograms, and counts them where it is alone: at the bound of MinimumRowsInLeaf later trees take other ways.
        Assert.Equal(Shape(one), Shape(several));
        Assert.True(one.Predict(batch).Zip(several.Predict(batch), (a, b) => Math.Abs(a - b)).Average() < 0.04);
        Assert.Contains($"[tree_learner: {learner.ToString().ToLowerInvariant()}]", several.ToText(), StringComparison.Ordinal);
        Assert.Equal(FormattableString.Invariant($"{replicas}"), several.Parameters["Distributed.WorldSize"]);
    }

    [Fact]
    public async Task FitAsync_ReplicasTwice_SameTrees()
    {
        var options = Options(3);
        (options.BaggingFraction, options.FeatureFraction) = (0.7, 0.8);

        using var one = await new TreeTrainer(options).FitAsync(SyntheticRows.Create(800, seed: 1));
        using var two = await new TreeTrainer(options).FitAsync(SyntheticRows.Create(800, seed: 1));

        Assert.Equal(one.ToText(), two.ToText());
    }

    /// <summary>LightGBM's <c>num_threads</c> is one number for the process, by which each training sizes buffers: one that another raised meanwhile made it write past them.</summary>
    [Fact]
    public async Task FitAsync_ReplicasBesideATrainingWithMoreThreads_TreesOfReplicasAlone()
    {
        var set = SyntheticRows.Create(300, seed: 1);
        var (options, others) = (Options(2), Options(1));
        (options.MaximumIterations, others.MaximumIterations, others.Threads) = (5, 5, 8);
        using var alone = await new TreeTrainer(options).FitAsync(set);
        using var end = new CancellationTokenSource();
        var beside = Task.Run(async () =>
        {
            while (!end.IsCancellationRequested)
            {
                using var trees = await new TreeTrainer(others).FitAsync(set);
            }
        });

        for (var round = 0; round < TestRounds.Count && !beside.IsFaulted; round++)
        {
            using var trees = await new TreeTrainer(options).FitAsync(set);
            Assert.Equal(alone.ToText(), trees.ToText());
        }

        await end.CancelAsync();
        await beside;
    }

    [Fact]
    public async Task FitAsync_RanksOfAGroup_AllGetTheTreesOfReplicasInOneProcess()
    {
        var set = SyntheticRows.Create(900, seed: 1);
        using var here = await new TreeTrainer(Options(3)).FitAsync(set);

        var texts = new string[3];
        var histories = new IReadOnlyList<TrainingProgress>[3];
        var failures = await RunAsync(3, async (group, options) =>
        {
            using var trees = await new TreeTrainer(options).FitAsync(set);
            (texts[group.Rank], histories[group.Rank]) = (trees.ToText(), trees.History);
        });

        Assert.All(failures, Assert.Null);
        Assert.All(texts, t => Assert.Equal(here.ToText(), t));
        Assert.All(histories, h => Assert.Equal(here.History.Select(p => p.ValidationLoss), h.Select(p => p.ValidationLoss)));
    }

    [Theory]
    [InlineData(TreeObjective.AbsoluteError)]
    [InlineData(TreeObjective.Regression)]
    public async Task FitAsync_Regression_TellsTheTrainingLossOfAllRows(TreeObjective objective)
    {
        var options = Options(2);
        (options.Objective, options.MeasuresTrainingLoss, options.MaximumIterations) = (objective, true, 30);
        using var trees = await new TreeTrainer(options).FitAsync(SyntheticRows.Create(900, seed: 1, isRegression: true));
        options.Distributed.Replicas = 1;
        using var alone = await new TreeTrainer(options).FitAsync(SyntheticRows.Create(900, seed: 1, isRegression: true));

        Assert.InRange(trees.History[^1].TrainingLoss!.Value / alone.History[^1].TrainingLoss!.Value, 0.9, 1.1);
        Assert.True(trees.History[^1].TrainingLoss < trees.History[0].TrainingLoss);
    }

    [Theory]
    [InlineData(TreeObjective.Regression, 1)]
    [InlineData(TreeObjective.LambdaRank, 1)]
    [InlineData(TreeObjective.LambdaRank, 2)]
    public async Task FitAsync_FewFeatures_TheFirstTreeSplitsTheFeaturesOfOne(TreeObjective objective, int features)
    {
        var random = new Random(2);
        var x = Enumerable.Range(0, 600).Select(_ => random.NextSingle()).ToArray();
        var rows = new Rows().Float32("x", [.. x.Select(v => (float?)v)]);
        rows = features == 1 ? rows : rows.Float32("u", [.. x.Select(v => (float?)(1 - v))]);
        var set = rows.Other("query", Enumerable.Range(0, 600).Aggregate(new Int64Array.Builder(), (b, i) => b.Append(i / 7)).Build()).Label("grade", [.. x.Select(v => (float)Math.Floor(v * 4))]).Set("grade");
        var (alone, two) = (Options(1), Options(2));
        foreach (var options in new[] { alone, two })
        {
            (options.Objective, options.GroupColumn, options.MinimumRowsInLeaf) = (objective, objective == TreeObjective.LambdaRank ? "query" : null, 5);
        }

        using var one = await new TreeTrainer(alone).FitAsync(set);
        using var both = await new TreeTrainer(two).FitAsync(set);

        // Estimated rows of leaves may move a threshold; which feature splits is clear here, and where the root does. Second derivatives of a ranking are those of its groups: those of all rows are there only where both replicas have added theirs.
        Assert.Equal(Shape(one)[0], Shape(both)[0]);
        Assert.Equal(Numbers(one, "internal_count")[0], Numbers(both, "internal_count")[0]);
        Assert.Equal(Numbers(one, "threshold")[0], Numbers(both, "threshold")[0]);
        Assert.Equal(1, Numbers(both, "leaf_weight").Sum() / Numbers(one, "leaf_weight").Sum(), 1e-4);
        var (scores, found) = (one.Predict(await SyntheticRows.BatchOf(set)), both.Predict(await SyntheticRows.BatchOf(set)));
        Assert.Equal(1, Correlation(scores, found), 0.01);
    }

    [Fact]
    public async Task ContinueAsync_Replicas_AddToTheTrees()
    {
        var set = SyntheticRows.Create(800, seed: 1);
        var options = Options(2);
        (options.MaximumIterations, options.ValidationShare) = (10, 0);
        using var first = await new TreeTrainer(options).FitAsync(set);
        using var second = await new TreeTrainer(options).ContinueAsync(first, set);

        Assert.Equal(20, second.Model.IterationCount);
    }

    [Fact]
    public async Task FitAsync_ProgressThrows_TheCallerGetsItAndReplicasEnd()
    {
        var progress = new TreeTrainerTests.Reported([], p => _ = p.Epoch == 3 ? throw new InvalidOperationException("the disk is full") : 0);

        var failure = await Assert.ThrowsAsync<InvalidOperationException>(() => new TreeTrainer(Options(3)).FitAsync(SyntheticRows.Create(600, seed: 1), progress: progress));

        Assert.Equal("the disk is full", failure.Message);
    }

    [Fact]
    public async Task FitAsync_ProgressTakesLongerThanTheLimit_EndsWhenItIsOver()
    {
        var options = Options(3);
        options.Distributed.Timeout = TimeSpan.FromSeconds(3);
        var isBack = false;
        var progress = new TreeTrainerTests.Reported([], p =>
        {
            if (p.Epoch == 3)
            {
                Thread.Sleep(TimeSpan.FromSeconds(10));
                isBack = true;
            }
        });

        var failure = await Assert.ThrowsAsync<CollectiveTimeoutException>(() => new TreeTrainer(options).FitAsync(SyntheticRows.Create(600, seed: 1), progress: progress));

        Assert.Contains("within 3 s", failure.Message, StringComparison.Ordinal);
        Assert.True(isBack, "A replica was left behind.");
    }

    [Fact]
    public void Options_LimitOutOfRange_IsRefused()
    {
        var options = Options(3);
        options.Distributed.Timeout = TimeSpan.Zero;

        Assert.Contains("TreeOptions.Distributed.Timeout must be between", Assert.Throws<ArgumentException>(() => new TreeTrainer(options)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task FitAsync_OneRankFails_OthersNameItAndItsCause()
    {
        var failures = await RunAsync(3, (group, options) =>
        {
            var progress = new TreeTrainerTests.Reported([], p => _ = p.Epoch == 3 && group.Rank == 1 ? throw new InvalidOperationException("the disk is full") : 0);
            return new TreeTrainer(options).FitAsync(SyntheticRows.Create(600, seed: 1), progress: progress);
        });

        Assert.IsType<InvalidOperationException>(failures[1]);
        foreach (var failure in new[] { failures[0], failures[2] })
        {
            var lost = Assert.IsType<RankLostException>(failure);
            Assert.Equal([1], lost.Ranks);
            Assert.Contains("its training ended: the disk is full", lost.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task FitAsync_OneRankIsCancelled_OthersNameIt()
    {
        using var source = new CancellationTokenSource();
        var failures = await RunAsync(2, (group, options) =>
        {
            var progress = new TreeTrainerTests.Reported([], p =>
            {
                if (p.Epoch == 2 && group.Rank == 1)
                {
                    source.Cancel();
                }
            });
            return new TreeTrainer(options).FitAsync(SyntheticRows.Create(600, seed: 1), progress: progress, cancellationToken: group.Rank == 1 ? source.Token : default);
        });

        Assert.IsAssignableFrom<OperationCanceledException>(failures[1]);
        Assert.Equal([1], Assert.IsType<RankLostException>(failures[0]).Ranks);
    }

    [Fact]
    public async Task FitAsync_RanksWithOtherRowsAndSettings_AreRefusedByName()
    {
        var failures = await RunAsync(3, (group, options) =>
        {
            options.Seed = group.Rank == 2 ? 7 : options.Seed;
            return new TreeTrainer(options).FitAsync(SyntheticRows.Create(600 + (group.Rank == 1 ? 10 : 0), seed: 1));
        });

        Assert.All(failures, f => Assert.Equal([1, 2], Assert.IsType<CollectiveMismatchException>(f).Ranks));
        Assert.Contains("rank 2 has Seed 7 and rank 0 1", failures[0]!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task FitAsync_TooFewRows_SaysHowManyThereMustBe()
    {
        var options = Options(4);
        options.ValidationShare = 0;

        var failure = await Assert.ThrowsAsync<TrainingDataException>(() => new TreeTrainer(options).FitAsync(SyntheticRows.Create(7, seed: 1)));

        Assert.Equal("Expected at least two training rows for each of 4 replicas, but there are 7.", failure.Message);
    }

    [Fact]
    public async Task Options_ReplicasBesideAGroup_AreRefused()
    {
        var groups = await LoopbackRanks.ConnectAsync(2);
        var options = Options(2);
        options.Distributed.Group = groups[0];

        Assert.Contains("TreeOptions.Distributed.Replicas must be 1 beside a Group, whose 2 ranks are the replicas, but is 2.", Assert.Throws<ArgumentException>(() => new TreeTrainer(options)).Message, StringComparison.Ordinal);
        await LoopbackRanks.DisposeAsync(groups);
    }

    /// <summary>A line of numbers of the first tree.</summary>
    private static double[] Numbers(TrainedTrees trees, string name)
    {
        var line = trees.ToText().Split("Tree=")[1].Split('\n').First(l => l.StartsWith($"{name}=", StringComparison.Ordinal));
        return [.. line[(name.Length + 1)..].Split(' ').Select(v => double.Parse(v, CultureInfo.InvariantCulture))];
    }

    private static double Correlation(float[] a, float[] b)
    {
        var (meanA, meanB) = (a.Average(), b.Average());
        double Product(float[] x, double meanX, float[] y, double meanY) => x.Zip(y, (v, w) => (v - meanX) * (w - meanY)).Sum();
        return Product(a, meanA, b, meanB) / Math.Sqrt(Product(a, meanA, a, meanA) * Product(b, meanB, b, meanB));
    }

    /// <summary>Splits and leaves of the first tree.</summary>
    private static string[] Shape(TrainedTrees trees)
        => [.. trees.ToText().Split("Tree=")[1].Split('\n').Where(l => l.StartsWith("split_feature=", StringComparison.Ordinal) || l.StartsWith("threshold=", StringComparison.Ordinal) || l.StartsWith("leaf_value=", StringComparison.Ordinal))];

    private static TreeOptions Options(int replicas, TreeLearner learner = TreeLearner.Data)
    {
        var options = TreeTrainerTests.Small();
        options.MaximumIterations = 40;
        (options.Distributed.Replicas, options.Distributed.Learner) = (replicas, learner);
        return options;
    }

    private static async Task<Exception?[]> RunAsync(int worldSize, Func<ProcessGroup, TreeOptions, Task> program)
    {
        var groups = await LoopbackRanks.ConnectAsync(worldSize);
        var failures = LoopbackRanks.Run(groups, g =>
        {
            var options = Options(1);
            options.Distributed.Group = g;
            program(g, options).GetAwaiter().GetResult();
        });
        await LoopbackRanks.DisposeAsync(groups);
        return failures;
    }
}
