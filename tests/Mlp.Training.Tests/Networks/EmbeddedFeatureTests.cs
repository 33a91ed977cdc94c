using Mlp.Runtime.Models;
using Mlp.Training.Networks;
using Mlp.Training.Networks.Layers;
using Mlp.Training.Preprocessing;

namespace Mlp.Training.Tests.Networks;

/// <summary>Features that are embedded, all the way from Arrow rows to the proved file.</summary>
public sealed class EmbeddedFeatureTests
{
    public static TheoryData<string, NetworkDefinition?> Definitions => new()
    {
        { "hidden layers", null },
        { "bag", new(Layer.Parallel(-1, Layer.DenseInput(), Layer.Sequential(Layer.IdInput(), Layer.EmbeddingBag(6, EmbeddingBagMode.Sum, 40))), Layer.Linear(16), Layer.Relu(), Layer.Output()) },
        { "sequence", new(Layer.Parallel(-1, Layer.DenseInput(), Layer.Sequential(Layer.IdInput(), Layer.Embedding(4, 40), Layer.Flatten())), Layer.Linear(16), Layer.Relu(), Layer.Output()) },
    };

    [Theory]
    [MemberData(nameof(Definitions))]
    public async Task FitAsync_EmbeddedFeatures_LearnsRepeatsAndExports(string name, NetworkDefinition? definition)
    {
        var rows = SyntheticRows.Create(1500, seed: 5);
        var options = Options(o => (o.Definition, o.HiddenLayers) = (definition, null));

        using var network = await new NetworkTrainer(options).FitAsync(rows);
        using var again = await new NetworkTrainer(options).FitAsync(rows);

        var batch = await SyntheticRows.BatchOf(rows);
        Assert.Equal(["company", "hour"], network.Encoding.Ids.Select(i => i.Name));
        Assert.Equal(network.Predict(batch), again.Predict(batch));
        Assert.True(network.History.Min(h => h.ValidationLoss) < 0.56, $"{name}: {network.History.Min(h => h.ValidationLoss)}");
        Assert.InRange(network.Export().ExportProof.MaximumDifference, 0, 1e-5);
    }

    [Fact]
    public async Task FitAsync_EmbeddedFeaturesAlone_NeedNoNumbers()
    {
        var count = 800;
        var set = new Rows()
            .Text("shop", [.. Enumerable.Range(0, count).Select(i => i % 13 == 5 ? null : $"shop {i % 13}")])
            .Int64("street", [.. Enumerable.Range(0, count).Select(i => (long?)(i % 7))])
            .Label("y", [.. Enumerable.Range(0, count).Select(i => (float)((i % 13 == 5 ? 30 : i % 13) + (10 * (i % 7 % 2))))])
            .Set("y");
        var options = new NetworkOptions { Task = ModelTask.Regression, HiddenLayers = [16], BatchSize = 64, MaxEpochs = 30, LearningRate = 0.01, Seed = 3 };
        (options.Preprocessing.For("shop").Category, options.Preprocessing.For("street").Category) = (CategoryKind.Id, CategoryKind.Id);

        using var network = await new NetworkTrainer(options).FitAsync(set);

        Assert.Equal(0, network.Encoding.Width);
        Assert.True(network.History.Min(h => h.ValidationLoss) < 0.1, $"{network.History.Min(h => h.ValidationLoss)}");
        Assert.InRange(network.Export().ExportProof.MaximumDifference, 0, 1e-5);
    }

    private static NetworkOptions Options(Action<NetworkOptions> change)
    {
        var options = new NetworkOptions { HiddenLayers = [16], BatchSize = 64, MaxEpochs = 12, LearningRate = 0.01, Seed = 3 };
        (options.Preprocessing.For("company").Category, options.Preprocessing.For("hour").Category) = (CategoryKind.Id, CategoryKind.Id);
        change(options);
        return options;
    }
}
