using Apache.Arrow;
using Mlp.Runtime.Models;
using Mlp.Training.Networks;
using Mlp.Training.Preprocessing;

namespace Mlp.Training.Tests.Networks;

/// <summary>What is learned of labels is learned of the training rows, and what rows count is their own.</summary>
public sealed class TrainingTargetsTests
{
    private static readonly TargetScale Unchanged = new(1, 0);

    [Fact]
    public async Task Learn_Regression_StandardisesByTheTrainingRowsAlone()
    {
        var rows = await ReadAsync(ModelTask.Regression, [1, 3, 1, 3, 100, 200]);

        var scale = TargetScale.Learn(rows, 4, ModelTask.Regression);

        Assert.Equal((1f, 2f), (scale.Factor, scale.Offset));
        Assert.Equal([-1f, 1f, -1f, 1f, 98f, 198f], scale.Apply(rows.Labels));
    }

    [Fact]
    public async Task ClassWeights_Balanced_CountTheTrainingRowsAlone()
    {
        var rows = await ReadAsync(ModelTask.BinaryClassification, [0, 1, 1, 1, 0, 0, 0, 0]);

        var weights = TrainingTargets.ClassWeights(new() { BalanceClasses = true }, ModelTask.BinaryClassification, rows, 4);

        Assert.Equal([2.0, 4.0 / 6], weights);
    }

    [Fact]
    public async Task Of_RowsFromTheMiddle_HaveTheirOwnWeights()
    {
        var rows = await ReadAsync(ModelTask.BinaryClassification, [0, 1, 0, 1, 1], 9, 9, 1, 2, 3);

        Assert.Equal([0.5f, 1f, 1.5f], TrainingTargets.Of(rows, 2, 3, Unchanged, []).Weights);

        // Times the weights of their classes, 2 and 1: 2, 2, 3 with a mean of 7/3.
        Assert.Equal([6f / 7, 6f / 7, 9f / 7], TrainingTargets.Of(rows, 2, 3, Unchanged, [2, 1]).Weights);
    }

    [Fact]
    public async Task Of_RowsFromTheMiddle_HaveTheWeightsOfTheirOwnClasses()
    {
        var rows = await ReadAsync(ModelTask.BinaryClassification, [0, 0, 0, 1, 1, 0]);

        Assert.Equal([1.2f, 1.2f, 0.6f], TrainingTargets.Of(rows, 3, 3, Unchanged, [1, 2]).Weights.Select(w => MathF.Round(w, 6)));
    }

    private static async Task<LabelledRows> ReadAsync(ModelTask task, float[] labels, params float[] weights)
    {
        var columns = new Rows().Float32("x", [.. labels.Select((_, i) => (float?)i)]).Label("y", labels);
        var set = weights.Length == 0
            ? (Mlp.Runtime.Data.ITrainingSet)columns.Set("y")
            : new ChangedTrainingSet(columns.Other("w", new FloatArray.Builder().AppendRange(weights).Build()).Set("y"), m => m with { WeightColumn = "w" });
        return await LabelledRows.ReadAsync(set, set.Manifest.Features, new RowReading { Task = task, TakesWeights = true }, CancellationToken.None);
    }
}
