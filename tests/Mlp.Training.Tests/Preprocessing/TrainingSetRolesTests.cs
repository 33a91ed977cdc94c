using Mlp.Runtime.Data;
using Mlp.Runtime.Models;
using Mlp.Training.Networks;
using Mlp.Training.Tests.Networks;
using Mlp.Training.Trees;

namespace Mlp.Training.Tests.Preprocessing;

/// <summary>What no trainer may take for a feature or for rows that validate.</summary>
public sealed class TrainingSetRolesTests
{
    public static TheoryData<string, ITrainer> Trainers => new()
    {
        { "network", new NetworkTrainer(NetworkTrainerTests.Small()) },
        { "trees", new TreeTrainer(new TreeOptions { MaximumIterations = 2 }) },
    };

    [Theory]
    [MemberData(nameof(Trainers))]
    public async Task FitAsync_LabelIsAFeature_IsRefused(string name, ITrainer trainer)
    {
        var error = await Assert.ThrowsAsync<TrainingDataException>(() => trainer.FitAsync(Create().Declare("y", FeatureType.Float32).Set("y")));

        Assert.True(error.Message.StartsWith("Expected the label 'y' not to be a feature too, but it is among the features", StringComparison.Ordinal), $"{name}: {error.Message}");
    }

    [Theory]
    [MemberData(nameof(Trainers))]
    public async Task FitAsync_WeightIsAFeature_IsRefused(string name, ITrainer trainer)
    {
        var set = Create().Float32("w", [.. Enumerable.Range(0, 300).Select(_ => (float?)1)]).Set("y");
        var weighted = new ChangedTrainingSet(set, m => m with { WeightColumn = "w" });

        var error = await Assert.ThrowsAsync<TrainingDataException>(() => trainer.FitAsync(weighted));

        Assert.True(error.Message.StartsWith("Expected the weight 'w' not to be a feature too", StringComparison.Ordinal), $"{name}: {error.Message}");
    }

    [Theory]
    [MemberData(nameof(Trainers))]
    public async Task FitAsync_LabelIsTheWeight_IsRefused(string name, ITrainer trainer)
    {
        var weighted = new ChangedTrainingSet(Create().Set("y"), m => m with { WeightColumn = "y" });

        var error = await Assert.ThrowsAsync<TrainingDataException>(() => trainer.FitAsync(weighted));

        Assert.True(error.Message == "Expected another weight column than the label 'y', but they are one: rows would count by what they are to predict.", $"{name}: {error.Message}");
        Assert.Equal("y", error.Column);
    }

    [Fact]
    public async Task FitAsync_GroupIsAFeature_IsRefused()
    {
        var set = Create().Int64("query", [.. Enumerable.Range(0, 300).Select(i => (long?)(i / 10))]).Set("y");

        var error = await Assert.ThrowsAsync<TrainingDataException>(
            () => new TreeTrainer(new TreeOptions { Objective = TreeObjective.LambdaRank, GroupColumn = "query" }).FitAsync(set));

        Assert.StartsWith("Expected the group 'query' not to be a feature too", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Trainers))]
    public async Task FitAsync_TheSameRowsValidate_IsRefused(string name, ITrainer trainer)
    {
        var rows = Create().Set("y");

        var same = await Assert.ThrowsAsync<TrainingDataException>(() => trainer.FitAsync(rows, rows));
        var copy = await Assert.ThrowsAsync<TrainingDataException>(() => trainer.FitAsync(rows, Create().Set("y")));

        Assert.True(same.Message.StartsWith("Expected other rows to validate than those that are trained on", StringComparison.Ordinal), $"{name}: {same.Message}");
        Assert.Equal(same.Message, copy.Message);
    }

    [Fact]
    public void ArrowTrainingSet_BatchOfAnotherSchema_IsRefused()
    {
        using var first = Create().Batch();
        using var other = new Rows().Float32("x", 1, 2).Batch();

        var error = Assert.Throws<ArgumentException>(() => new ArrowTrainingSet([first, other], [new FeatureColumn("x", FeatureType.Float32, "view")], "y"));

        Assert.StartsWith("Expected every batch to have the columns 'x' (float32), 'y' (float32) of the first one, but batch 1 has 'x' (float32).", error.Message, StringComparison.Ordinal);
    }

    private static Rows Create()
    {
        var x = Enumerable.Range(0, 300).Select(i => (float)(i * 37 % 100)).ToArray();
        return new Rows().Float32("x", [.. x.Select(v => (float?)v)]).Label("y", [.. x.Select(v => v > 50 ? 1f : 0f)]);
    }
}
