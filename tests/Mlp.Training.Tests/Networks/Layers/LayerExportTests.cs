using FsCheck;
using FsCheck.Fluent;
using Mlp.TestSupport;
using Mlp.Training.Interop;
using Mlp.Training.Networks;
using Mlp.Training.Networks.Layers;

namespace Mlp.Training.Tests.Networks.Layers;

/// <summary>Every layer and block: ONNX Runtime computes what libtorch computes, over random shapes, settings and weights.</summary>
public sealed class LayerExportTests
{
    private static readonly int Rounds = 4 * TestRounds.Count;
    private static readonly int[] Opsets = [17, 18, 20, 21];

    public LayerExportTests() => Torch.EnsureLoaded();

    [Theory]
    [MemberData(nameof(RandomLayers.All), MemberType = typeof(RandomLayers))]
    public void Write_AnyLayer_ComputesTheSameInOnnxRuntime(string kind)
        => Prop.ForAll(ArbMap.Default.ArbFor<PositiveInt>(), seed => Agrees(kind, seed.Get)).Check(Config.QuickThrowOnFailure.WithMaxTest(Rounds));

    [Theory]
    [MemberData(nameof(RandomLayers.OfIds), MemberType = typeof(RandomLayers))]
    public void Write_AnyLayerOfIds_ComputesTheSameInOnnxRuntime(string kind)
        => Prop.ForAll(ArbMap.Default.ArbFor<PositiveInt>(), seed => AgreesOnIds(kind, seed.Get)).Check(Config.QuickThrowOnFailure.WithMaxTest(Rounds));

    [Fact]
    public void Write_EveryActivation_ComputesTheSameAtBothOpsets()
    {
        foreach (var activation in Enum.GetValues<Activation>())
        {
            foreach (var opset in new[] { 17, 21 })
            {
                var difference = LayerAgreement.Difference(new NetworkDefinition(Layer.Activation(activation)), 40, 40, 1, opset: opset);

                Assert.True(difference <= LayerAgreement.Tolerance, $"{activation} at opset {opset}: {difference}");
            }
        }
    }

    [Theory]
    [InlineData(17)]
    [InlineData(21)]
    public void Write_GroupNorm_ComputesTheSameInBothForms(int opset)
        => Assert.InRange(LayerAgreement.Difference(new NetworkDefinition(Layer.Reshape(6, 5, 3), Layer.GroupNorm(3), Layer.Flatten()), 90, 90, 3, opset: opset), 0, LayerAgreement.Tolerance);

    [Theory]
    [InlineData(EmbeddingBagMode.Mean, 17)]
    [InlineData(EmbeddingBagMode.Mean, 18)]
    [InlineData(EmbeddingBagMode.Sum, 17)]
    [InlineData(EmbeddingBagMode.Maximum, 17)]
    [InlineData(EmbeddingBagMode.Maximum, 21)]
    public void Write_EmbeddingBag_ComputesTheSame(EmbeddingBagMode mode, int opset)
        => Assert.InRange(LayerAgreement.Difference(new NetworkDefinition(Layer.EmbeddingBag(5, mode), Layer.Output()), 0, 2, 4, [7, 7, 7], opset), 0, LayerAgreement.Tolerance);

    [Fact]
    public void Write_Embedding_ComputesTheSame()
        => Assert.InRange(
            LayerAgreement.Difference(new NetworkDefinition(Layer.Embedding(3, 20), Layer.Gru(4, output: RecurrentOutput.LastState), Layer.Output()), 0, 2, 4, [20, 9, 5]), 0, LayerAgreement.Tolerance);

    [Theory]
    [InlineData(4, new[] { 3, 9, 120 })]
    [InlineData(0, new[] { 2, 5 })]
    [InlineData(6, new int[0])]
    public void Write_TabularInput_ComputesTheSame(int width, int[] cardinalities)
        => Assert.InRange(
            LayerAgreement.Difference(new NetworkDefinition(Layer.TabularInput(dropout: 0.1), Layer.Linear(8), Layer.BatchNorm(), Layer.Relu(), Layer.Output()), width, 3, 5, cardinalities),
            0,
            LayerAgreement.Tolerance);

    [Fact]
    public void Write_WideAndDeepNetwork_ComputesTheSame()
    {
        var definition = new NetworkDefinition(
            Layer.Parallel(
                0,
                Layer.Sequential(Layer.TabularInput(), Layer.Linear(8), Layer.Relu()),
                Layer.Sequential(Layer.DenseInput(), Layer.Linear(3)),
                Layer.Sequential(Layer.IdInput(), Layer.EmbeddingBag(4))),
            Layer.Output());

        Assert.InRange(LayerAgreement.Difference(definition, 5, 2, 6, [4, 11]), 0, LayerAgreement.Tolerance);
    }

    [Fact]
    public void Write_ConvolutionalNetwork_ComputesTheSame()
    {
        LayerDefinition Block(int channels, int stride) => Layer.Residual(
            Layer.Sequential(
                Layer.Conv2d(channels, 3, stride, 1, bias: false), Layer.BatchNorm(), Layer.Relu(), Layer.Conv2d(channels, 3, padding: 1, bias: false), Layer.BatchNorm()),
            Layer.Sequential(Layer.Conv2d(channels, 1, stride, bias: false), Layer.BatchNorm()));
        var definition = new NetworkDefinition(
            Layer.Reshape(3, 12, 12), Layer.Conv2d(8, 3, padding: 1), Layer.BatchNorm(), Layer.Relu(), Block(8, 1), Layer.Relu(), Block(16, 2), Layer.Relu(),
            Layer.AdaptiveAvgPool(1, 1), Layer.Flatten(), Layer.Dropout(0.2), Layer.Output());

        Assert.InRange(LayerAgreement.Difference(definition, 432, 10, 7), 0, LayerAgreement.Tolerance);
    }

    [Fact]
    public void Write_SequenceNetwork_ComputesTheSame()
    {
        var definition = new NetworkDefinition(
            Layer.Reshape(10, 4), Layer.Linear(16), Layer.PositionalEncoding(),
            Layer.TransformerEncoder(2, Layer.TransformerEncoderLayer(4, 32, activation: Activation.Gelu, normFirst: true), finalNorm: true),
            Layer.Lstm(6, 2, bidirectional: true, output: RecurrentOutput.LastState), Layer.Output());

        Assert.InRange(LayerAgreement.Difference(definition, 40, 3, 8), 0, LayerAgreement.Tolerance);
    }

    private static void AgreesOnIds(string kind, int seed)
    {
        var random = SeededRandom.For(seed, kind);
        var (definition, width, cardinalities) = RandomLayers.CreateOfIds(kind, random);

        var difference = LayerAgreement.Difference(definition, width, 1 + random.NextInt(5), seed, cardinalities, Opsets[random.NextInt(Opsets.Length)]);

        Assert.True(difference <= LayerAgreement.Tolerance, $"{kind}, seed {seed}: {difference} over {width} numbers and ids below ({string.Join(", ", cardinalities)})");
    }

    private static void Agrees(string kind, int seed)
    {
        var random = SeededRandom.For(seed, kind);
        var (layer, sizes) = RandomLayers.Create(kind, random);
        var definition = new NetworkDefinition(Layer.Reshape(sizes), layer, Layer.Flatten());
        var width = sizes.Aggregate((a, b) => a * b);

        var difference = LayerAgreement.Difference(definition, width, definition.OutputShape(width).Sizes[0], seed, opset: Opsets[random.NextInt(Opsets.Length)]);

        Assert.True(difference <= LayerAgreement.Tolerance, $"{kind}, seed {seed}: {difference} of {layer} over ({string.Join(", ", sizes)})");
    }
}
