using Apache.Arrow;
using Mlp.Runtime.Data;
using Mlp.Runtime.Statistics;
using Mlp.Training.Trees;

namespace Mlp.Training.Tests.Trees;

public sealed class TreeRefitTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(0.3)]
    [InlineData(1)]
    public async Task RefitAsync_Regression_GivesLeavesTheMeanOfWhatIsLeft(double decay)
    {
        var trainer = new TreeTrainer(Options(TreeObjective.Regression));
        using var trees = await trainer.FitAsync(Set(seed: 1, level: 0));
        var other = Set(seed: 2, level: 50);

        using var refitted = await trainer.RefitAsync(trees, other, decay);

        // Squared error: the gradient of a row is score − label and its curvature 1, so that a leaf's new value is the mean residual of its rows times the tree's learning rate, which is 1 of the first tree, whose leaves
        // hold the mean of all labels too.
        var batch = await SyntheticRows.BatchOf(other);
        var (x, y) = (((FloatArray)batch.Column("x")).Values.ToArray(), ((FloatArray)batch.Column("y")).Values.ToArray());
        var scores = new double[x.Length];
        for (var tree = 0; tree < trees.Model.TreeCount; tree++)
        {
            var (before, after) = (trees.Model.Trees[tree], refitted.Model.Trees[tree]);
            Assert.Equal(before.Thresholds, after.Thresholds);
            var leafOf = x.Select(v => before.LeafOf([v])).ToArray();
            for (var leaf = 0; leaf < before.Leaves.Length; leaf++)
            {
                var residual = Enumerable.Range(0, x.Length).Where(i => leafOf[i] == leaf).Average(i => y[i] - scores[i]);
                Assert.Equal((decay * before.Leaves[leaf]) + ((1 - decay) * residual * (tree == 0 ? 1 : 0.3)), after.Leaves[leaf], 2e-4);
            }

            for (var i = 0; i < scores.Length; i++)
            {
                scores[i] += after.Leaves[leafOf[i]];
            }
        }
    }

    [Fact]
    public async Task RefitAsync_LevelHasMoved_FollowsAndExports()
    {
        var options = Options(TreeObjective.Binary);
        var trainer = new TreeTrainer(options);
        using var trees = await trainer.FitAsync(SyntheticRows.Create(1500, seed: 1));
        var moved = await RelabelAsync(SyntheticRows.Create(1500, seed: 2));

        using var refitted = await trainer.RefitAsync(trees, moved, decay: 0.2);

        var batch = await SyntheticRows.BatchOf(moved);
        byte[] labels = [.. ((FloatArray)batch.Column(SyntheticRows.Label)).Values.ToArray().Select(l => (byte)l)];
        double LossOf(TrainedTrees model) => BinaryClassificationMetrics.Compute(model.Predict(batch), labels).LogLoss;
        Assert.True(LossOf(refitted) < 0.8 * LossOf(trees), $"{LossOf(refitted)} and {LossOf(trees)}");
        Assert.Equal((trees.Model.TreeCount, 1500), (refitted.Model.TreeCount, refitted.TrainingCount));
        Assert.InRange(refitted.Export().ExportProof.MaximumDifference, 0, 1e-6);
    }

    [Fact]
    public async Task RefitAsync_WhatCannotBe_IsASentence()
    {
        var trainer = new TreeTrainer(Options(TreeObjective.Regression));
        using var trees = await trainer.FitAsync(Set(seed: 1, level: 0));
        using var forest = await new TreeTrainer(Forest()).FitAsync(Set(seed: 1, level: 0));

        var decay = await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => trainer.RefitAsync(trees, Set(seed: 2, level: 0), 1.5));
        var averaged = await Assert.ThrowsAsync<InvalidOperationException>(() => trainer.RefitAsync(forest, Set(seed: 2, level: 0)));
        var task = await Assert.ThrowsAsync<InvalidOperationException>(() => new TreeTrainer(Options(TreeObjective.Binary)).RefitAsync(trees, Set(seed: 2, level: 0)));
        var features = await Assert.ThrowsAsync<InvalidOperationException>(() => trainer.RefitAsync(trees, SyntheticRows.Create(100, seed: 1, isRegression: true)));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => trainer.RefitAsync(trees, Set(seed: 2, level: 0), cancellationToken: new(canceled: true)));

        Assert.StartsWith("Expected a decay of 0 to 1, but found 1.5.", decay.Message, StringComparison.Ordinal);
        Assert.Equal("Expected boosted trees to refit, but found a random forest, whose trees have no order.", averaged.Message);
        Assert.Equal("Expected trees for BinaryClassification to refit, but found Regression.", task.Message);
        Assert.Equal("Expected the features that the trees were trained on, in the same order, but the training set has others.", features.Message);
    }

    private static TreeOptions Options(TreeObjective objective) => new()
    {
        Objective = objective,
        MaximumIterations = 12,
        LearningRate = 0.3,
        MaximumLeaves = 6,
        MinimumRowsInLeaf = 20,
        ValidationShare = 0,
        Threads = 1,
        Parameters = { ["min_sum_hessian_in_leaf"] = "0" },
    };

    private static TreeOptions Forest()
    {
        var options = Options(TreeObjective.Regression);
        (options.Boosting, options.BaggingFraction, options.BaggingFrequency, options.FeatureFraction) = (TreeBoosting.RandomForest, 0.7, 1, 1);
        return options;
    }

    private static ArrowTrainingSet Set(int seed, float level)
    {
        var random = new Random(seed);
        var x = Enumerable.Range(0, 600).Select(_ => (float)Math.Round(random.NextDouble() * 10, 3)).ToArray();
        return new Rows().Float32("x", [.. x.Select(v => (float?)v)]).Label("y", [.. x.Select(v => level + (float)(10 * Math.Sin(v)) + random.NextSingle())]).Set("y");
    }

    // Three of four rows of class 0 become class 1.
    private static async Task<ArrowTrainingSet> RelabelAsync(ArrowTrainingSet set)
    {
        var batch = await SyntheticRows.BatchOf(set);
        var labels = ((FloatArray)batch.Column(SyntheticRows.Label)).Values.ToArray().Select((l, i) => l == 0 && i % 4 != 0 ? 1f : l).ToArray();
        var index = batch.Schema.GetFieldIndex(SyntheticRows.Label);
        IArrowArray[] columns = [.. batch.Arrays.Select((a, i) => i == index ? new FloatArray.Builder().AppendRange(labels).Build() : a)];
        return new([new RecordBatch(batch.Schema, columns, batch.Length)], set.Manifest.Features, SyntheticRows.Label, SyntheticRows.Time);
    }
}
