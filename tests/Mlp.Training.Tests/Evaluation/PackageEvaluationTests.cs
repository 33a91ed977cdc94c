using Mlp.Runtime.Models;
using Mlp.TestSupport;
using Mlp.Training.Evaluation;
using Mlp.Training.Export;
using Mlp.Training.Networks;
using Mlp.Training.Tests.Networks;

namespace Mlp.Training.Tests.Evaluation;

/// <summary>Models that were read from files are evaluated as those that were exported, wherever their weights lie.</summary>
public sealed class PackageEvaluationTests
{
    [Fact]
    public async Task EvaluateAsync_WeightsInAnotherFile_GivesWhatTheModelGives()
    {
        using var directory = new TempDirectory();
        var holdout = SyntheticRows.Create(200, seed: 3);
        var (model, package) = await SavedAsync(directory);

        var found = await Evaluator.EvaluateAsync(package, holdout);

        Assert.Equal((await Evaluator.EvaluateAsync(model, holdout)).ToJson(), found.ToJson());
        Assert.Equal((await Evaluator.ScoreAsync(model, holdout)).Scores.ToArray(), (await Evaluator.ScoreAsync(package, holdout)).Scores.ToArray());
    }

    [Fact]
    public async Task EvaluateAsync_DecisionThresholdOfThePackage_IsItsThreshold()
    {
        using var directory = new TempDirectory();
        var (_, package) = await SavedAsync(directory);

        var result = await Evaluator.EvaluateAsync(package with { Output = package.Output with { DecisionThreshold = 0 } }, SyntheticRows.Create(200, seed: 3));

        Assert.Equal(1, result.Metrics["recall"]);
    }

    [Fact]
    public async Task EvaluateAsync_BytesWhoseWeightsLieElsewhere_SaysWhatTakesThem()
    {
        using var directory = new TempDirectory();
        var (model, package) = await SavedAsync(directory);

        var error = await Assert.ThrowsAsync<InvalidModelException>(() => Evaluator.EvaluateAsync(package.Onnx, model.Features, model.Output, SyntheticRows.Create(50, seed: 3)));

        Assert.Equal(
            $"Expected a model that is one file, but weights of it lie in '{WeightsOf(directory)}': hand over the ModelPackage that ModelPackage.FromFile reads, which knows the folder (model 'evaluated').", error.Message);
    }

    [Fact]
    public async Task ScoreAsync_WeightsAreGone_NamesTheFile()
    {
        using var directory = new TempDirectory();
        var (_, package) = await SavedAsync(directory);
        var weights = WeightsOf(directory);
        File.Delete(directory.Combine(weights));

        var error = await Assert.ThrowsAsync<InvalidModelException>(() => Evaluator.ScoreAsync(package, SyntheticRows.Create(50, seed: 3)));

        Assert.Equal($"Expected the external data '{weights}' in '{directory.FullName}', but found no such file (model 'evaluated').", error.Message);
    }

    [Fact]
    public async Task ScoreAsync_PackageWithoutFeatures_SaysSo()
    {
        using var directory = new TempDirectory();
        var (_, package) = await SavedAsync(directory);

        var error = await Assert.ThrowsAsync<ArgumentException>(() => Evaluator.ScoreAsync(package with { Features = null }, SyntheticRows.Create(50, seed: 3)));

        Assert.StartsWith("Expected the package to say which features the model takes (Features), but it does not.", error.Message, StringComparison.Ordinal);
    }

    private static string WeightsOf(TempDirectory directory) => Path.GetFileName(Assert.Single(Directory.GetFiles(directory.FullName, "*.weights")));

    private static async Task<(TrainedModel Model, ModelPackage Package)> SavedAsync(TempDirectory directory)
    {
        var options = NetworkTrainerTests.Small();
        (options.HiddenLayers, options.MaxEpochs) = ([64, 64], 1);
        using var network = await new NetworkTrainer(options).FitAsync(SyntheticRows.Create(300, seed: 1));
        var model = network.Export();
        var path = directory.Combine("m.onnx");
        await model.SaveAsync(path, new ModelFileOptions { ExternalDataThreshold = 4096 });
        return (model, ModelPackage.FromFile(path));
    }
}
