using Mlp.Training.Networks;
using Mlp.Training.Networks.Layers;

namespace Mlp.Training.Tests.Networks.Layers;

/// <summary>Definitions of every family of layers go through the trainer, its flat memory and the proved export.</summary>
public sealed class TrainedDefinitionTests
{
    public static TheoryData<string, NetworkDefinition> Definitions => new()
    {
        {
            "convolution",
            new(Layer.Linear(36), Layer.Reshape(1, 6, 6), Layer.Conv2d(4, 3, padding: 1), Layer.BatchNorm(), Layer.Relu(), Layer.MaxPool2d(2), Layer.GroupNorm(2), Layer.Flatten(), Layer.Output())
        },
        {
            "recurrent",
            new(Layer.Linear(20), Layer.Reshape(5, 4), Layer.Lstm(6, 2, bidirectional: true, dropout: 0.2), Layer.Gru(5, output: RecurrentOutput.LastState), Layer.Output())
        },
        {
            "attention",
            new(Layer.Linear(24), Layer.Reshape(3, 8), Layer.PositionalEncoding(learned: true), Layer.TransformerEncoder(2, Layer.TransformerEncoderLayer(2, 16)), Layer.Flatten(), Layer.Output())
        },
        {
            "residual",
            new(
                Layer.TabularInput(), Layer.Linear(8), Layer.Residual(Layer.Sequential(Layer.Linear(8), Layer.PRelu(), Layer.Dropout(0.2), Layer.Linear(8))),
                Layer.Parallel(ParallelMerge.Sum, Layer.Output(), Layer.Sequential(Layer.LayerNorm(), Layer.Output())))
        },
    };

    [Theory]
    [MemberData(nameof(Definitions))]
    public async Task FitAsync_AnyDefinition_LearnsExportsAndRepeatsItsBits(string name, NetworkDefinition definition)
    {
        var rows = SyntheticRows.Create(600, seed: 5);
        var options = new NetworkOptions { Definition = definition, MaxEpochs = 4, BatchSize = 64, LearningRate = 0.01, Seed = 3 };

        // Side by side, so that one training would disturb the other if they shared a generator.
        var networks = await Task.WhenAll(new NetworkTrainer(options).FitAsync(rows), new NetworkTrainer(options).FitAsync(rows));

        var batch = await SyntheticRows.BatchOf(rows);
        Assert.Equal(networks[0].Predict(batch), networks[1].Predict(batch));
        Assert.True(networks[0].History[^1].TrainingLoss < networks[0].History[0].TrainingLoss, name);
        Assert.InRange(networks[0].Export().ExportProof!.MaximumDifference, 0, 1e-5);
        Assert.All(networks, n => n.Dispose());
    }
}
