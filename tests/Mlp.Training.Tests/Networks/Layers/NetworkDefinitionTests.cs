using Mlp.Training.Networks;
using Mlp.Training.Networks.Layers;

namespace Mlp.Training.Tests.Networks.Layers;

public sealed class NetworkDefinitionTests
{
    [Fact]
    public void Describe_SmallNetwork_CountsAsPyTorchDoes()
    {
        // 432 = 3 · 12 · 12. Conv: 8·3·9 + 8; norm: 16; linear: 8·36·10 + 10.
        var definition = new NetworkDefinition(
            Layer.Reshape(3, 12, 12), Layer.Conv2d(8, 3, padding: 1).Named("conv"), Layer.BatchNorm(), Layer.Relu(), Layer.MaxPool2d(2), Layer.Flatten(), Layer.Output());

        var summary = definition.Describe(432, 10);

        Assert.Equal(224 + 16 + 2890, summary.ParameterCount);
        Assert.Equal(["0", "conv", "2", "3", "4", "5", "6"], summary.Layers.Select(l => l.Name));
        Assert.Equal("(N, 8, 6, 6)", summary.Layers[4].Output.ToString());
        Assert.Equal(
            """
            Name   Layer      Output          Parameters
            0      Reshape    (N, 3, 12, 12)           0
            conv   Conv2d     (N, 8, 12, 12)         224
            2      BatchNorm  (N, 8, 12, 12)          16
            3      Relu       (N, 8, 12, 12)           0
            4      MaxPool2d  (N, 8, 6, 6)             0
            5      Flatten    (N, 288)                 0
            6      Output     (N, 10)              2,890
            Total                                  3,130

            """,
            summary.ToString(),
            ignoreLineEndingDifferences: true);
    }

    [Fact]
    public void Describe_Blocks_NamesLayersAsPyTorchDoes()
    {
        var definition = new NetworkDefinition(
            Layer.Residual(Layer.Sequential(Layer.Linear(6), Layer.Relu()), Layer.Linear(6)),
            Layer.Parallel(0, Layer.Linear(2), Layer.Sequential(Layer.Linear(3)).Named("right")),
            Layer.Reshape(5, 1),
            Layer.TransformerEncoder(2, Layer.TransformerEncoderLayer(1, 4), finalNorm: true),
            Layer.Flatten(),
            Layer.Output());

        Assert.Equal(
            ["0", "0.body", "0.body.0", "0.body.1", "0.shortcut", "1", "1.0", "1.right", "1.right.0", "2", "3", "3.layers.0", "3.layers.1", "3.norm", "4", "5"],
            definition.Describe(4).Layers.Select(l => l.Name));
    }

    [Theory]
    [MemberData(nameof(RandomLayers.All), MemberType = typeof(RandomLayers))]
    public void FromJson_OfToJson_IsTheSameDefinition(string kind)
    {
        for (var seed = 1; seed <= 10; seed++)
        {
            var definition = new NetworkDefinition(RandomLayers.Create(kind, SeededRandom.For(seed, kind)).Layer.Named("layer"), Layer.Embedding(3), Layer.IdInput(), Layer.TabularInput(4, 0.1));
            var json = definition.ToJson();

            Assert.Equal(json, NetworkDefinition.FromJson(json).ToJson());
        }
    }

    [Fact]
    public void ToJson_SmallNetwork_ReadsWell()
        => Assert.Equal(
            """
            {
              "format": "mlp.network",
              "version": 1,
              "layers": [
                {
                  "kind": "linear",
                  "name": "hidden",
                  "units": 8,
                  "bias": true
                },
                {
                  "kind": "activation",
                  "function": "relu",
                  "parameter": 0
                },
                {
                  "kind": "output",
                  "bias": true
                }
              ]
            }
            """,
            new NetworkDefinition(Layer.Linear(8).Named("hidden"), Layer.Relu(), Layer.Output()).ToJson(),
            ignoreLineEndingDifferences: true);

    [Theory]
    [InlineData("{", "cannot be read")]
    [InlineData("[]", "Expected JSON of the format 'mlp.network', but found another document.")]
    [InlineData("""{"format":"mlp.network","layers":[]}""", "Expected a format version from 1, but found none.")]
    [InlineData("""{"format":"mlp.network","version":2,"layers":[]}""", "Expected format version 1 or older, but found 2")]
    [InlineData("""{"format":"mlp.network","version":1,"layers":[]}""", "Expected at least one layer")]
    [InlineData("""{"format":"mlp.network","version":1,"layers":[null]}""", "layers[0] is null")]
    [InlineData("""{"format":"mlp.network","version":1}""", "cannot be read")]
    [InlineData("""{"format":"mlp.network","version":1,"layers":[{"kind":"linear","units":0,"bias":true}]}""", "Linear: Expected 'units' of at least 1, but found 0.")]
    [InlineData("""{"format":"mlp.network","version":1,"layers":[{"kind":"linear","units":3}]}""", "bias")]
    [InlineData("""{"format":"mlp.network","version":1,"layers":[{"kind":"linear","units":3,"bias":true,"colour":1}]}""", "colour")]
    [InlineData("""{"format":"mlp.network","version":1,"layers":[{"kind":"quantum","units":3}]}""", "quantum")]
    [InlineData("""{"format":"mlp.network","version":1,"layers":[{"kind":"sequential","layers":[{"kind":"dropout","rate":1}]}]}""", "Dropout: Expected 'rate' of 0 to below 1, but found 1.")]
    [InlineData("""{"format":"mlp.network","version":1,"layers":[{"kind":"userModule","module":"gate"}]}""", "Expected a module 'gate' among those handed over, but found none.")]
    public void FromJson_NoDefinition_IsToldByASentence(string json, string expected)
        => Assert.Contains(expected, Assert.Throws<NetworkDefinitionException>(() => NetworkDefinition.FromJson(json)).Message, StringComparison.Ordinal);

    public static TheoryData<string, LayerDefinition[], string> Misfits => new()
    {
        { "conv", [Layer.Conv2d(3, 3)], "Layer '0' (Conv2d) expected its input to be (N, channels, height, width), but found (N, 12)." },
        { "kernel", [Layer.Reshape(3, 2, 2), Layer.Conv2d(3, 3)], "Layer '1' (Conv2d) expected an input of at least 3 in dimension 2 for its window, but found (N, 3, 2, 2)." },
        { "groups", [Layer.Reshape(3, 2, 2), Layer.Conv2d(4, 1, groups: 2)], "Layer '1' (Conv2d) expected a multiple of 2 channels for 2 groups, but found (N, 3, 2, 2)." },
        { "reshape", [Layer.Reshape(5, -1)], "Layer '0' (Reshape) expected a multiple of 5 values of one row for its sizes, but found 12." },
        { "heads", [Layer.Reshape(4, 3), Layer.MultiheadAttention(2)], "Layer '1' (MultiheadAttention) expected a size that is a multiple of 2 heads, but found (N, 4, 3)." },
        { "embedding", [Layer.Embedding(3)], "Layer '0' (Embedding) expected its input to be (N, ...) of ids, but found (N, 12)." },
        { "ids", [Layer.IdInput()], "Layer '0' (IdInput) expected features that reach the network as ids, but found none." },
        { "residual", [Layer.Residual(Layer.Linear(5))], "Layer '0' (Residual) expected its body and what is added to it to be numbers of one shape, but found (N, 5) and (N, 12)." },
        { "sum", [Layer.Parallel(ParallelMerge.Sum, Layer.Linear(5), Layer.Linear(6))], "Layer '0' (Parallel) expected branches of one shape but found (N, 5) and (N, 6)." },
        { "nested", [Layer.Sequential(Layer.Linear(3), Layer.Lstm(2))], "Layer '0.1' (LSTM) expected its input to be (N, steps, inputs), but found (N, 3)." },
        { "axis", [Layer.Softmax(1)], "Layer '0' (Softmax) expected an axis of -1 to 0 for an input of 1 dimensions after the rows, but found 1." },
        { "late", [Layer.Linear(3), Layer.TabularInput()], "Layer '1' (TabularInput) expected to come first, where the input is (N, 12), but found (N, 3)." },
        { "end", [Layer.Linear(3)], "Expected the network to end with (N, 2), one number per output of the task, but its last layer gives (N, 3): Layer.Output() has the size that the task needs." },
    };

    [Theory]
    [MemberData(nameof(Misfits))]
    public void Describe_LayerDoesNotFit_NamesLayerAndShapes(string name, LayerDefinition[] layers, string expected)
        => Assert.Equal((name, expected), (name, Assert.Throws<NetworkDefinitionException>(() => new NetworkDefinition(layers).Describe(12, 2)).Message));

    [Fact]
    public void FromJson_KindBehindTheSettings_IsRead()
        => Assert.Equal("Linear", NetworkDefinition.FromJson("""{"version":1,"format":"mlp.network","layers":[{"units":3,"bias":true,"kind":"linear"}]}""").ToString());

    [Theory]
    [InlineData("""{"version":{},"format":"mlp.network","layers":[]}""", "Expected a format version from 1, but found none.")]
    [InlineData("""{"version":"1","format":"mlp.network","layers":[]}""", "Expected a format version from 1, but found none.")]
    [InlineData("""{"version":1,"format":"mlp.network","layers":[{"kind":"linear\ud800","units":3,"bias":true}]}""", "Expected the JSON of a network's definition, but it cannot be read")]
    [InlineData("""{"version":1,"format":"\ud800","layers":[]}""", "Expected the JSON of a network's definition, but it cannot be read")]
    public void FromJson_ValueOfAnotherKind_IsRefusedByASentence(string json, string expected)
        => Assert.StartsWith(expected, Assert.Throws<NetworkDefinitionException>(() => NetworkDefinition.FromJson(json)).Message, StringComparison.Ordinal);

    [Fact]
    public void Describe_BranchesTooWideTogether_AreRefused()
        => Assert.Contains(
            "branches of at most 2147483647 numbers along axis 0 together, but found 4294967294",
            Assert.Throws<NetworkDefinitionException>(() => new NetworkDefinition(Layer.Parallel(0, Layer.Linear(int.MaxValue), Layer.Linear(int.MaxValue)), Layer.Output()).Describe(4)).Message,
            StringComparison.Ordinal);

    [Fact]
    public void Build_WeightThatNoMemoryHolds_IsRefused()
    {
        var definition = new NetworkDefinition(Layer.Linear(100_000), Layer.Linear(100_000), Layer.Output());

        Assert.Equal(10_000_100_000L, definition.Describe(1).Layers[1].ParameterCount);
        Assert.Equal(
            "Layer '1' (Linear) expected weights of at most 536870911 numbers each, but '1.weight' would have 10000000000.",
            Assert.Throws<NetworkDefinitionException>(() => LayeredNetwork.Build(definition, 1, [], 1, seed: 0)).Message);
    }

    [Fact]
    public void Describe_FeaturesWithIds_NeedALayerThatTakesThem()
    {
        var error = Assert.Throws<NetworkDefinitionException>(() => new NetworkDefinition(Layer.Linear(3), Layer.Output()).Describe(4, 1, [7]));

        Assert.Equal("Layer '0' (Linear) expected its input to be (N, ..., inputs), but found (N, 4) of numbers with ids beside them.", error.Message);
        Assert.Equal("0", error.Layer);
        Assert.Equal("(N, 8)", new NetworkDefinition(Layer.TabularInput(), Layer.Output()).Describe(4, 1, [7]).Layers[0].Output.ToString());
    }

    [Fact]
    public void Describe_EmbeddingTooSmallForTheFeatures_IsRefused()
        => Assert.Equal(
            "Layer '0' (Embedding) expected at most 5 different ids, but found columns of up to 7.",
            Assert.Throws<NetworkDefinitionException>(() => new NetworkDefinition(Layer.Embedding(3, 5), Layer.Flatten(), Layer.Output()).Describe(0, 1, [7])).Message);

    public static TheoryData<string, Func<LayerDefinition>> WrongSettings => new()
    {
        { "Linear: Expected 'units' of at least 1, but found 0.", () => Layer.Linear(0) },
        { "Conv2d: Expected 'stride' of at least 1, but found 0. Conv2d: Expected 'stride' of at least 1, but found 0.", () => Layer.Conv2d(1, 3, stride: 0) },
        { "Conv1d: Expected 'channels' to be a multiple of 'groups' (2), but found 3.", () => Layer.Conv1d(3, 1, groups: 2) },
        { "Conv2d: Expected as many sizes in 'padding' as in 'kernel' (2), but found 1.", () => Layer.Conv(3, [1, 1], padding: [1]) },
        { "MaxPool2d: Expected a 'padding' of at most half the 'kernel', but found more.", () => Layer.MaxPool2d(2, padding: 2) },
        { "Dropout: Expected 'rate' of 0 to below 1, but found 1.", () => Layer.Dropout(1) },
        { "BatchNorm: Expected an 'epsilon' above 0, but found 0.", () => Layer.BatchNorm(0) },
        { "BatchNorm: Expected a 'momentum' above 0 and at most 1, but found 0.", () => Layer.BatchNorm(momentum: 0) },
        { "Reshape: Expected 'sizes' above 0, one of them -1 at most, but found others.", () => Layer.Reshape(-1, -1) },
        { "Permute: Expected 'axes' 0 to 1, each once, but found others.", () => Layer.Permute(0, 0) },
        { "LeakyRelu: Expected a finite 'parameter', but found NaN.", () => Layer.LeakyRelu(double.NaN) },
        { "LayerNorm: Expected an 'epsilon' above 0, but found Infinity.", () => Layer.LayerNorm(epsilon: double.PositiveInfinity) },
        { "Elu: Expected an 'alpha' above 0, but found 0.", () => Layer.Elu(0) },
        { "LSTM: Expected 'layers' of at least 1, but found 0.", () => Layer.Lstm(3, 0) },
        { "Relu: Expected a name without dots, but found 'a.b'.", () => Layer.Relu().Named("a.b") },
        { "Sequential: Expected layers of different names, but found '1' more than once.", () => Layer.Sequential(Layer.Relu().Named("1"), Layer.Relu()) },
        { "Expected a layer made by Layer.TransformerEncoderLayer, but found Linear.", () => Layer.TransformerEncoder(1, Layer.Linear(3)) },
    };

    [Theory]
    [MemberData(nameof(WrongSettings))]
    public void Layer_WrongSetting_IsRefusedByASentence(string expected, Func<LayerDefinition> create)
        => Assert.StartsWith(expected, Assert.Throws<ArgumentException>(create).Message, StringComparison.Ordinal);
}
