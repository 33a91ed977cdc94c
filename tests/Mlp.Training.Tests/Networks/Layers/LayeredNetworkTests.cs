using Mlp.Runtime.Onnx;
using Mlp.Training.Interop;
using Mlp.Training.Networks;
using Mlp.Training.Networks.Layers;
using Mlp.Training.Preprocessing;
using TorchSharp;

namespace Mlp.Training.Tests.Networks.Layers;

public sealed class LayeredNetworkTests
{
    private static readonly NetworkDefinition Sequence = new(
        Layer.Reshape(5, 4), Layer.Lstm(6, 2, bidirectional: true, dropout: 0.3), Layer.TransformerEncoderLayer(2, 8), Layer.Flatten(), Layer.Dropout(0.4), Layer.Output());

    public LayeredNetworkTests() => Torch.EnsureLoaded();

    [Fact]
    public void Build_SameSeed_SameBitsAlsoSideBySide()
    {
        var networks = new LayeredNetwork[4];
        Parallel.For(0, networks.Length, i => networks[i] = LayeredNetwork.Build(Sequence, 20, [], 2, seed: i == 3 ? 8 : 7));
        var expected = Weights(networks[0]);

        Assert.All(networks[1..3], n => Assert.Equal(expected, Weights(n)));
        Assert.NotEqual(expected, Weights(networks[3]));
        Assert.All(networks, n => n.Dispose());
    }

    [Fact]
    public void Build_GlobalGeneratorSeeded_MakesNoDifference()
    {
        torch.random.manual_seed(1);
        using var a = LayeredNetwork.Build(Sequence, 20, [], 2, 7);
        torch.random.manual_seed(2);
        using var b = LayeredNetwork.Build(Sequence, 20, [], 2, 7);

        Assert.Equal(Weights(a), Weights(b));
        Assert.Equal(Train(a), Train(b));
    }

    [Fact]
    public void Forward_Training_DropsByItsOwnGenerator()
    {
        using var a = LayeredNetwork.Build(Sequence, 20, [], 2, 7);
        using var b = LayeredNetwork.Build(Sequence, 20, [], 2, 7);

        var first = Train(a);
        Assert.NotEqual(first, Train(a));
        Assert.Equal(first, Train(b));
        a.Evaluate();
        Assert.Equal(LayerAgreement.Forward(a, Rows(3, 20), null, 3), LayerAgreement.Forward(a, Rows(3, 20), null, 3));
    }

    [Fact]
    public void Build_Weights_BeginAsPyTorchsDo()
    {
        var definition = new NetworkDefinition(
            Layer.Reshape(8, 50), Layer.Conv1d(64, 5, groups: 2), Layer.BatchNorm(), Layer.Permute(1, 0), Layer.Gru(100), Layer.MultiheadAttention(4), Layer.Flatten(), Layer.Output());
        using var network = LayeredNetwork.Build(definition, 400, [], 1, 3);
        var weights = network.Parameters.ToDictionary(p => p.Key, p => LayerAgreement.Floats(p.Value).ToArray());

        // Bounds: 1/√(inputs · window), 1/√units, √(6 / (inputs + outputs)). A uniform draw comes close to both ends and has the deviation bound/√3.
        AssertUniform(weights["1.weight"], 1 / Math.Sqrt(4 * 5));
        AssertUniform(weights["4.weight_hh_l0"], 0.1);
        AssertUniform(weights["5.in_proj_weight"], Math.Sqrt(6.0 / 400));
        AssertUniform(weights["5.out_proj.weight"], 0.1);
        Assert.All(weights["5.in_proj_bias"], w => Assert.Equal(0, w));
        Assert.All(weights["2.weight"], w => Assert.Equal(1, w));
    }

    [Fact]
    public void Build_Embedding_BeginsStandardNormal()
    {
        using var network = LayeredNetwork.Build(new NetworkDefinition(Layer.TabularInput(20), Layer.Output()), 1, [new IdColumn("c", 500)], 1, 3);
        var values = LayerAgreement.Floats(network.Parameters[0].Value).ToArray();

        Assert.Equal("0.embeddings.0.weight", network.Parameters[0].Key);
        Assert.InRange(values.Average(), -0.03, 0.03);
        Assert.InRange(values.Average(v => v * v), 0.95, 1.05);
        Assert.InRange(values.Count(v => Math.Abs(v) < 0.6745) / (double)values.Length, 0.48, 0.52);
    }

    [Fact]
    public void Parameters_MovedIntoOtherMemory_AreTheOnesThatForwardUses()
    {
        // What a training does that keeps all weights in one piece of memory.
        var definition = new NetworkDefinition(Layer.Parallel(0, Layer.Sequential(Layer.DenseInput(), Layer.Reshape(5, 4), Layer.Lstm(3), Layer.Flatten()), Layer.TabularInput(2)), Layer.Output());
        using var network = LayeredNetwork.Build(definition, 20, [new IdColumn("c", 9)], 1, 7);
        var before = LayerAgreement.Forward(network, Rows(2, 20), [3, 8], 2);
        using var flat = torch.zeros(network.Parameters.Sum(p => p.Value.numel()), torch.float32);
        var offset = 0L;
        using (torch.no_grad())
        {
            foreach (var (_, parameter) in network.Parameters)
            {
                using var view = flat.narrow(0, offset, parameter.numel()).view(parameter.shape);
                view.copy_(parameter);
                parameter.set_(view);
                offset += parameter.numel();
            }
        }

        // Sums may be taken in another order in memory that is aligned otherwise.
        Assert.InRange(Difference(before, LayerAgreement.Forward(network, Rows(2, 20), [3, 8], 2)), 0, LayerAgreement.Tolerance);
        foreach (var start in new[] { 0L, offset - 40 })
        {
            using var part = flat.narrow(0, start, 20);
            part.add_(1);
            var after = LayerAgreement.Forward(network, Rows(2, 20), [3, 8], 2);
            Assert.True(Difference(before, after) > 100 * LayerAgreement.Tolerance);
            before = after;
        }

        static double Difference(float[] a, float[] b) => a.Zip(b, (x, y) => Math.Abs((double)x - y)).Max();
    }

    [Fact]
    public void Forward_ManySteps_KeepNoTensorsAlive()
    {
        using var network = LayeredNetwork.Build(Sequence, 20, [], 2, 7);
        Train(network);
        var before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;

        for (var i = 0; i < 20; i++)
        {
            Train(network);
        }

        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    [Fact]
    public void Build_WithinADisposeScope_OutlivesIt()
    {
        LayeredNetwork network;
        using (torch.NewDisposeScope())
        {
            network = LayeredNetwork.Build(Sequence, 20, [], 2, 7);
        }

        using (network)
        {
            Assert.Equal(6, Train(network).Length);
        }
    }

    [Fact]
    public void Forward_Observer_IsToldOfEachLayerInOrder()
    {
        var definition = new NetworkDefinition(Layer.Residual(Layer.Sequential(Layer.Linear(4), Layer.Relu())), Layer.Output());
        using var network = LayeredNetwork.Build(definition, 4, [], 1, 7);
        var seen = new List<string>();
        using var scope = torch.NewDisposeScope();

        using var rows = torch.ones(2, 4);
        network.Forward(rows, null, (name, output) => seen.Add($"{name}: {output.shape[1]}"));

        Assert.Equal(["0.body.0: 4", "0.body.1: 4", "0.body: 4", "0: 4", "1: 1"], seen);
    }

    [Fact]
    public void Forward_BatchNormInTraining_MovesStatistics()
    {
        using var network = LayeredNetwork.Build(new NetworkDefinition(Layer.BatchNorm(momentum: 0.5)), 1, [], 1, 7);
        network.Train();
        LayerAgreement.Forward(network, [1, 3], null, 2);

        // Mean 2; variance with n - 1 is 2; half of each is taken.
        var buffers = network.Buffers.ToDictionary(b => b.Key, b => b.Value);
        Assert.Equal(1f, buffers["0.running_mean"].ToSingle());
        Assert.Equal(1.5f, buffers["0.running_var"].ToSingle());
        Assert.Equal(1L, buffers["0.num_batches_tracked"].ToInt64());
    }

    [Fact]
    public void Write_LinearAndBatchNorm_AreOneNode()
    {
        using var network = LayeredNetwork.Build(new NetworkDefinition(Layer.Linear(4), Layer.Dropout(), Layer.BatchNorm(), Layer.Relu(), Layer.Output()), 3, [], 1, 7);
        var graph = new OnnxGraphBuilder("g");

        network.Write(graph, new EncodedInputs(graph.AddInput("dense", OnnxDataType.Float32, OnnxGraphBuilder.Batch, 3), null));

        Assert.Equal(3, graph.NodeCount);
    }

    [Fact]
    public void Write_OldOpset_IsRefused()
    {
        using var network = LayeredNetwork.Build(new NetworkDefinition(Layer.Output()), 3, [], 1, 7);

        var error = Assert.Throws<NetworkDefinitionException>(() => network.Write(new OnnxGraphBuilder("g", 16), new EncodedInputs("dense", null)));

        Assert.Equal("Expected an opset of at least 17 for a network, but found 16.", error.Message);
    }

    private static float[] Train(LayeredNetwork network)
    {
        network.Train();
        return LayerAgreement.Forward(network, Rows(3, 20), null, 3);
    }

    private static float[] Rows(int rows, int width) => LayerAgreement.Numbers(new SeededRandom(5), rows * width);

    private static float[][] Weights(LayeredNetwork network) => [.. network.Parameters.Select(p => LayerAgreement.Floats(p.Value).ToArray())];

    private static void AssertUniform(float[] values, double bound)
    {
        Assert.All(values, v => Assert.InRange(v, -bound, bound));
        Assert.InRange(values.Max(), 0.9 * bound, bound);
        Assert.InRange(values.Min(), -bound, -0.9 * bound);
        Assert.InRange(Math.Sqrt(values.Average(v => v * v)), 0.9 * bound / Math.Sqrt(3), 1.1 * bound / Math.Sqrt(3));
    }
}
