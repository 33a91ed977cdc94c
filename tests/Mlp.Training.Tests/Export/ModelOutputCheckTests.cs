using Mlp.Runtime.Models;
using Mlp.TestSupport;
using Mlp.Training.Evaluation.Calibration;
using Mlp.Training.Export;
using Mlp.Training.Trees;

namespace Mlp.Training.Tests.Export;

public sealed class ModelOutputCheckTests
{
    [Theory]
    [InlineData("'good', 'bad'", "must name the classes in the order of their scores, 'bad', 'good', but is 'good', 'bad': names in another order would turn the answers round", "good", "bad")]
    [InlineData("a trained name at another class", "must name the classes in the order of their scores", "good", "poor")]
    [InlineData("three names", "must be 2 different names, one for each class, but is 'a', 'b', 'c'", "a", "b", "c")]
    [InlineData("twice the same", "must be 2 different names, one for each class, but is 'a', 'a'", "a", "a")]
    public async Task Export_ClassNamesDoNotFit_AreRefused(string what, string sentence, params string[] names)
    {
        using var trees = await TextsAsync();

        var error = Assert.Throws<ArgumentException>(() => trees.Export(new ExportOptions { ClassNames = names }));

        Assert.True(error.Message.StartsWith($"ExportOptions.ClassNames {sentence}", StringComparison.Ordinal), $"{what}: {error.Message}");
    }

    [Fact]
    public async Task Export_OtherWordsOrTheSameNames_AreTaken()
    {
        using var trees = await TextsAsync();

        Assert.Equal(["no", "yes"], trees.Export(new ExportOptions { ClassNames = ["no", "yes"] }).Output.ClassNames);
        Assert.Equal(["bad", "good"], trees.Export(new ExportOptions { ClassNames = ["bad", "good"] }).Output.ClassNames);
    }

    [Fact]
    public async Task Export_RegressionWithNamesOrThreshold_IsRefused()
    {
        using var trees = await new TreeTrainer(new TreeOptions { Objective = TreeObjective.Regression, MaximumIterations = 2 }).FitAsync(SyntheticRows.Create(300, seed: 1, isRegression: true));

        var names = Assert.Throws<ArgumentException>(() => trees.Export(new ExportOptions { ClassNames = ["a", "b"] }));
        var threshold = Assert.Throws<ArgumentException>(() => trees.Export(new ExportOptions { DecisionThreshold = 0.9 }));

        Assert.StartsWith("ExportOptions.ClassNames must be left out for Regression, but has 2 names.", names.Message, StringComparison.Ordinal);
        Assert.StartsWith("ExportOptions.DecisionThreshold must be left out for Regression, but is 0.9", threshold.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Export_SettingsWithoutEffect_AreRefused()
    {
        using var trees = await TextsAsync();

        var unit = Assert.Throws<ArgumentException>(() => trees.Export(new ExportOptions { LabelUnit = "USD" }));
        var limit = Assert.Throws<ArgumentException>(() => trees.Export(new ExportOptions { PrecisionLimit = 0.01 }));

        Assert.Equal("ExportOptions.LabelUnit must be left out for BinaryClassification, but is 'USD': it is for regressions.", unit.Message);
        Assert.Equal("ExportOptions.PrecisionLimit must be left out for Precision Float32, but is 0.01: it bounds what narrower numbers may cost.", limit.Message);
    }

    [Fact]
    public async Task SaveAsync_WhatTheOutputMeans_IsReadBackFromTheFile()
    {
        using var trees = await TextsAsync();
        using var directory = new TempDirectory();
        var path = directory.Combine("m.onnx");
        var model = trees.Export(new ExportOptions { DecisionThreshold = 0.1607, LabelDefinition = "Paid back.", ClassNames = ["no", "yes"] });
        await model.SaveAsync(path);

        var output = ModelLineage.ReadFile(path).Output!;

        Assert.Equal((ModelTask.BinaryClassification, "score", 0.1607, "Paid back."), (output.Task, output.ScoreOutput, output.DecisionThreshold, output.LabelDefinition));
        Assert.Equal(["no", "yes"], output.ClassNames);
        Assert.Equal(0.1607, ModelPackage.FromFile(path, output).Output.DecisionThreshold);
    }

    [Fact]
    public async Task ProveAsync_CalibratedFile_AgreesWithTheCalibrationAndAsksForIt()
    {
        using var trees = await new TreeTrainer(new TreeOptions { MaximumIterations = 5 }).FitAsync(SyntheticRows.Create(1500, seed: 1));
        var calibration = ScoreCalibration.FitOnHeldOut(trees);
        var package = trees.Export(new ExportOptions { Calibration = calibration }).ToPackage();
        var rows = SyntheticRows.Create(100, seed: 9);

        var proof = await ModelProver.ProveAsync(package, trees, rows, calibration: calibration);
        var error = await Assert.ThrowsAsync<ArgumentException>(() => ModelProver.ProveAsync(package, trees, rows));

        Assert.InRange(proof.MaximumDifference, 0, OnnxExporter.Tolerance);
        Assert.StartsWith("Expected the calibration that the file was exported with, 'platt', but found none", error.Message, StringComparison.Ordinal);
    }

    private static async Task<TrainedTrees> TextsAsync()
    {
        var x = Enumerable.Range(0, 400).Select(i => (float?)(i * 37 % 100)).ToArray();
        var rows = new Rows().Float32("x", x).Label("label", [.. x.Select(v => v > 50 ? "good" : "bad")]);
        return await new TreeTrainer(new TreeOptions { MaximumIterations = 3 }).FitAsync(rows.Set("label"));
    }
}
