using Mlp.TestSupport;
using Mlp.Training.Networks;
using Mlp.Training.Networks.Layers;
using Mlp.Training.Networks.Weights;

namespace Mlp.Training.Tests.Networks.Weights;

public sealed class TrainedWeightsTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task InitialWeights_OfASavedNetwork_AreWhereTrainingBegins()
    {
        var rows = SyntheticRows.Create(600, seed: 3);
        var path = _directory.Combine("weights.safetensors");
        using var first = await new NetworkTrainer(Options(epochs: 6)).FitAsync(rows);
        first.SaveWeights(path);

        var options = Options(epochs: 1);
        options.InitialWeights = path;
        options.LearningRate = 1e-7;
        options.Seed = 99;
        using var second = await new NetworkTrainer(options).FitAsync(rows);

        // A step of 1e-7 moves no weight further than that, so that the scores are those of the first network but for its running statistics.
        var batch = await SyntheticRows.BatchOf(rows);
        Assert.All(first.Predict(batch).Zip(second.Predict(batch)), p => Assert.Equal(p.First, p.Second, 0.05));
        Assert.InRange(second.History[0].TrainingLoss!.Value, 0, first.History[^1].TrainingLoss!.Value * 1.1);
    }

    [Fact]
    public async Task SaveWeights_Network_TellsItsDefinition()
    {
        var path = _directory.Combine("weights.safetensors");
        using var network = await new NetworkTrainer(Options(epochs: 1)).FitAsync(SyntheticRows.Create(300, seed: 3));
        network.SaveWeights(path, SafetensorsType.BF16);

        using var file = SafetensorsFile.Open(path);
        Assert.Equal(network.Definition.ToJson(), NetworkDefinition.FromJson(file.Metadata["mlp.network"]).ToJson());
        Assert.Equal(network.Manifest.ContentHash, file.Metadata["mlp.training_set.sha256"]);
        Assert.All(file.Tensors.Where(t => !t.Name.EndsWith("tracked", StringComparison.Ordinal)), t => Assert.Equal(SafetensorsType.BF16, t.Type));
    }

    [Fact]
    public async Task InitialWeights_OfAnotherNetwork_AreRefused()
    {
        var path = _directory.Combine("weights.safetensors");
        var rows = SyntheticRows.Create(300, seed: 3);
        using var network = await new NetworkTrainer(Options(epochs: 1)).FitAsync(rows);
        network.SaveWeights(path);
        var options = Options(epochs: 1);
        options.HiddenLayers = [7];
        options.InitialWeights = path;

        var error = await Assert.ThrowsAsync<WeightFileException>(() => new NetworkTrainer(options).FitAsync(rows));

        Assert.Contains("Expected tensor '0.bias' of shape (7), but found (8)", error.Message, StringComparison.Ordinal);
    }

    private static NetworkOptions Options(int epochs) => new() { HiddenLayers = [8], MaxEpochs = epochs, BatchSize = 64, Dropout = 0, LearningRate = 0.01, Seed = 1 };
}
