using Apache.Arrow;
using Mlp.Runtime.Data;
using Mlp.Training.Trees;

namespace Mlp.Training.Tests.Trees;

/// <summary>What LightGBM is told of the validation rows, of groups and of earlier trees is what the finished trees say of the same rows.</summary>
public sealed class TreeValidationTests
{
    [Fact]
    public async Task FitAsync_NullsInValidationRows_AreMeasuredAsTheTreesScoreThem()
    {
        // Null stands at other places in the rows that validate, the last 200, than in those that train.
        var random = new Random(7);
        var codes = Enumerable.Range(0, 1000).Select(i => (i < 800 ? i % 3 == 0 : i % 5 == 1) ? (long?)null : random.Next(1, 50)).ToArray();
        var labels = codes.Select(c => c is { } code ? code : 90f).ToArray();
        var set = new Rows().Int64("code", codes).Label("label", labels).Set("label");
        var options = TreeTrainerTests.Small();
        (options.Objective, options.MaximumIterations) = (TreeObjective.Regression, 20);

        using var trees = await new TreeTrainer(options).FitAsync(set);

        var scores = trees.Predict(await SyntheticRows.BatchOf(set)).AsSpan(800).ToArray();
        var error = scores.Zip(labels.Skip(800)).Average(p => Math.Pow(p.First - p.Second, 2));
        Assert.Equal(error, trees.History[trees.BestIteration - 1].ValidationLoss!.Value, error * 1e-4);
        Assert.InRange(error, 0, 30);
    }

    [Fact]
    public async Task FitAsync_Groups_OnlyRowsOfAGroupAreCompared()
    {
        // The grade falls with x within a group of 8, and rises with u from group to group: between rows of one group u says nothing.
        var random = new Random(3);
        var u = Enumerable.Range(0, 800).Select(i => (float)(i / 8 % 2)).ToArray();
        var x = Enumerable.Range(0, 800).Select(_ => random.NextSingle()).ToArray();
        var set = new Rows().Float32("u", [.. u.Select(v => (float?)v)]).Float32("x", [.. x.Select(v => (float?)v)])
            .Other("group", new Int64Array.Builder().AppendRange(Enumerable.Range(0, 800).Select(i => i / 8L)).Build())
            .Label("grade", [.. x.Zip(u).Select(p => (float)Math.Floor((1 - p.First) * 2) + (2 * p.Second))]).Set("grade");
        var options = TreeTrainerTests.Small();
        (options.Objective, options.GroupColumn, options.ValidationShare, options.MaximumIterations, options.MaximumLeaves) = (TreeObjective.LambdaRank, "group", 0, 1, 2);

        using var trees = await new TreeTrainer(options).FitAsync(set);

        // The gradients of a group sum to 0, so that a first split by u gains nothing.
        Assert.Equal(["x"], trees.FeatureImportance().Where(p => p.Value > 0).Select(p => p.Key));
    }

    [Fact]
    public async Task ContinueAsync_SeveralClasses_BeginsFromTheScoresOfEachClass()
    {
        var (rows, held) = (Classes(900, 1), Classes(300, 2));
        var options = TreeTrainerTests.Small();
        (options.Objective, options.MaximumIterations, options.EarlyStoppingPatience) = (TreeObjective.Multiclass, 15, 100);
        using var first = await new TreeTrainer(options).FitAsync(rows.Set, held.Set);
        options.MaximumIterations = 1;

        using var second = await new TreeTrainer(options).ContinueAsync(first, rows.Set, held.Set);

        var scores = second.Predict(await SyntheticRows.BatchOf(held.Set));
        var loss = held.Labels.Select((label, i) => -Math.Log(Math.Max(1e-15, scores[(i * 3) + label]))).Average();
        Assert.Equal(first.Model.IterationCount + 1, second.Model.IterationCount);
        Assert.Equal(loss, Assert.Single(second.History).ValidationLoss!.Value, 1e-5);
        Assert.True(loss < first.History[first.BestIteration - 1].ValidationLoss + 0.01);
    }

    [Fact]
    public async Task FitAsync_CustomMetricOfSeveralClasses_SeesTheScoresOfRowsAndTheirWeights()
    {
        var (rows, held) = (Classes(900, 1), Classes(300, 2));
        double[] seenScores = [];
        double[] seenLabels = [];
        float[] seenWeights = [];
        var options = TreeTrainerTests.Small();
        (options.Objective, options.MaximumIterations) = (TreeObjective.Multiclass, 1);
        options.ClassWeights["c"] = 5;
        options.CustomMetric = (scores, labels, weights) =>
        {
            (seenScores, seenLabels, seenWeights) = (scores.ToArray(), labels.ToArray(), weights.ToArray());
            return 1;
        };

        using var trees = await new TreeTrainer(options).FitAsync(Weighted(rows.Set), Weighted(held.Set));

        var expected = trees.Predict(await SyntheticRows.BatchOf(held.Set));
        Assert.Equal(expected.Length, seenScores.Length);
        Assert.All(expected.Zip(seenScores), p => Assert.Equal(p.First, p.Second, 1e-6));
        Assert.Equal(held.Labels.Select(l => (double)l), seenLabels);
        Assert.Equal(held.Labels.Select((l, i) => (1 + (i % 4)) * (l == 2 ? 5f : 1f)), seenWeights);

        static ITrainingSet Weighted(ArrowTrainingSet set) => new ChangedTrainingSet(set, m => m with { WeightColumn = "w" });
    }

    [Fact]
    public async Task FitAsync_ClassWeightsOfTheLastRows_AreThoseOfTheirOwnClasses()
    {
        var set = Classes(500, 4);
        float[] seen = [];
        var options = TreeTrainerTests.Small();
        (options.Objective, options.MaximumIterations) = (TreeObjective.Multiclass, 1);
        options.ClassWeights["b"] = 3;
        options.CustomMetric = (_, _, weights) =>
        {
            seen = weights.ToArray();
            return 1;
        };

        using var trees = await new TreeTrainer(options).FitAsync(set.Set);

        Assert.Equal(set.Labels.Skip(400).Select(l => l == 1 ? 3f : 1f), seen);
    }

    private static (ArrowTrainingSet Set, int[] Labels) Classes(int count, int seed)
    {
        var random = new Random(seed);
        var x = Enumerable.Range(0, count).Select(_ => random.NextSingle() * 3).ToArray();
        var labels = x.Select(v => (int)Math.Min(2, v + (0.2 * random.NextDouble()))).ToArray();
        var set = new Rows().Float32("x", [.. x.Select(v => (float?)v)])
            .Other("w", new FloatArray.Builder().AppendRange(Enumerable.Range(0, count).Select(i => 1f + (i % 4))).Build())
            .Label("label", [.. labels.Select(l => "abc"[l].ToString())]).Set("label");
        return (set, labels);
    }
}
