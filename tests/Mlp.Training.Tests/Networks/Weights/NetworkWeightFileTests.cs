using Mlp.TestSupport;
using Mlp.Training.Interop;
using Mlp.Training.Networks.Layers;
using Mlp.Training.Networks.Weights;
using Mlp.Training.Tests.Networks.Layers;

namespace Mlp.Training.Tests.Networks.Weights;

public sealed class NetworkWeightFileTests : IDisposable
{
    private static readonly NetworkDefinition Definition = new(
        Layer.Reshape(4, 5), Layer.Conv1d(3, 2), Layer.BatchNorm(), Layer.Permute(1, 0), Layer.Lstm(2, 2, bidirectional: true), Layer.MultiheadAttention(2), Layer.Flatten(), Layer.Output());

    private readonly TempDirectory _directory = new();

    public NetworkWeightFileTests() => Torch.EnsureLoaded();

    private string FilePath => _directory.Combine("weights.safetensors");

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Load_SavedNetwork_ComputesTheSameBits()
    {
        using var saved = LayeredNetwork.Build(Definition, 20, [], 2, seed: 1);
        using var loaded = LayeredNetwork.Build(Definition, 20, [], 2, seed: 2);
        saved.Train();
        var rows = Enumerable.Range(0, 60).Select(i => i / 10f).ToArray();
        LayerAgreement.Forward(saved, rows, null, 3);
        saved.Evaluate();

        NetworkWeightFile.Save(saved, FilePath);
        NetworkWeightFile.Load(loaded, FilePath);

        Assert.Equal(LayerAgreement.Forward(saved, rows, null, 3), LayerAgreement.Forward(loaded, rows, null, 3));
    }

    [Fact]
    public void Save_Network_NamesTensorsAsPyTorchDoes()
    {
        using var network = LayeredNetwork.Build(Definition, 20, [], 2, seed: 1);

        NetworkWeightFile.Save(network, FilePath, metadata: new Dictionary<string, string> { ["run"] = "7" });

        using var file = SafetensorsFile.Open(FilePath);
        Assert.Equal(
            [
                "1.bias", "1.weight", "2.bias", "2.num_batches_tracked", "2.running_mean", "2.running_var", "2.weight",
                "4.bias_hh_l0", "4.bias_hh_l0_reverse", "4.bias_hh_l1", "4.bias_hh_l1_reverse", "4.bias_ih_l0", "4.bias_ih_l0_reverse", "4.bias_ih_l1", "4.bias_ih_l1_reverse",
                "4.weight_hh_l0", "4.weight_hh_l0_reverse", "4.weight_hh_l1", "4.weight_hh_l1_reverse", "4.weight_ih_l0", "4.weight_ih_l0_reverse", "4.weight_ih_l1", "4.weight_ih_l1_reverse",
                "5.in_proj_bias", "5.in_proj_weight", "5.out_proj.bias", "5.out_proj.weight", "7.bias", "7.weight",
            ],
            file.Tensors.Select(t => t.Name).Order(StringComparer.Ordinal));
        Assert.Equal("7", file.Metadata["run"]);
    }

    [Fact]
    public void Load_OtherNetwork_IsToldByASentenceAndChangesNothing()
    {
        using var small = LayeredNetwork.Build(new NetworkDefinition(Layer.Linear(3), Layer.Output()), 4, [], 1, seed: 1);
        using var wide = LayeredNetwork.Build(new NetworkDefinition(Layer.Linear(3), Layer.Output()), 5, [], 1, seed: 2);
        using var deep = LayeredNetwork.Build(new NetworkDefinition(Layer.Linear(3), Layer.BatchNorm(), Layer.Output()), 4, [], 1, seed: 2);
        using var renamed = LayeredNetwork.Build(new NetworkDefinition(Layer.Linear(3), Layer.Output().Named("head")), 4, [], 1, seed: 2);
        var before = LayerAgreement.Floats(wide.Parameters[0].Value).ToArray();
        NetworkWeightFile.Save(small, FilePath);

        Assert.StartsWith(
            "Expected tensor '0.weight' of shape (3, 5), but found (3, 4)", Assert.Throws<WeightFileException>(() => NetworkWeightFile.Load(wide, FilePath)).Message, StringComparison.Ordinal);
        Assert.StartsWith(
            "Expected tensor '1.bias' of shape (3), but found (1)", Assert.Throws<WeightFileException>(() => NetworkWeightFile.Load(deep, FilePath)).Message, StringComparison.Ordinal);
        Assert.StartsWith(
            "Expected only tensors of the network, but found '1.", Assert.Throws<WeightFileException>(() => NetworkWeightFile.Load(renamed, FilePath)).Message, StringComparison.Ordinal);
        Assert.Equal(before, LayerAgreement.Floats(wide.Parameters[0].Value).ToArray());

        var writer = new SafetensorsWriter();
        writer.Add("0.weight", new float[12], [3, 4]);
        writer.Write(FilePath, overwrite: true);
        Assert.StartsWith(
            "Expected tensor '0.bias' of the network, but found no such tensor", Assert.Throws<WeightFileException>(() => NetworkWeightFile.Load(small, FilePath)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(SafetensorsType.F16)]
    [InlineData(SafetensorsType.BF16)]
    public void Load_NarrowWeights_AreWidened(SafetensorsType type)
    {
        using var network = LayeredNetwork.Build(Definition, 20, [], 2, seed: 1);
        using var loaded = LayeredNetwork.Build(Definition, 20, [], 2, seed: 2);
        NetworkWeightFile.Save(network, FilePath, type);

        NetworkWeightFile.Load(loaded, FilePath);

        foreach (var (a, b) in network.Parameters.Zip(loaded.Parameters))
        {
            Assert.All(LayerAgreement.Floats(a.Value).ToArray().Zip(LayerAgreement.Floats(b.Value).ToArray()), p => Assert.Equal(p.First, p.Second, Math.Max(1e-6, Math.Abs(p.First) / 128)));
        }
    }
}
