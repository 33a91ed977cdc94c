using System.Globalization;
using Mlp.Runtime.Onnx;
using TorchSharp;
using Tensor = TorchSharp.torch.Tensor;

namespace Mlp.Training.Networks.Layers;

/// <summary>Normalises the last dimensions of each row (Ba, Kiros and Hinton, 2016).</summary>
/// <param name="Dimensions">How many of the last dimensions.</param>
/// <param name="Epsilon">Added to the variance.</param>
/// <param name="Affine">Whether a weight and a bias per element follow.</param>
internal sealed record LayerNormLayer(int Dimensions, double Epsilon, bool Affine) : LayerDefinition
{
    private protected override string KindName => "LayerNorm";

    internal override IEnumerable<string> FindFailures()
        => [.. Least("dimensions", Dimensions, 1), .. Epsilon is > 0 and < double.PositiveInfinity ? Array.Empty<string>() : [FormattableString.Invariant($"Expected an 'epsilon' above 0, but found {Epsilon}.")]];

    internal override TensorShape Infer(TensorShape input, LayerSite site)
    {
        site.RequireNumbers(input, Dimensions, int.MaxValue, string.Create(CultureInfo.InvariantCulture, $"of at least {Dimensions} dimensions after the rows"));
        return input;
    }

    internal override IReadOnlyList<WeightSpecification> Weights(TensorShape input, LayerSite site)
        => Affine ? [new("weight", Shape(input), WeightInitialisation.Constant(1)), new("bias", Shape(input), WeightInitialisation.Constant(0))] : [];

    internal override LayerModule Build(TensorShape input, LayerSite site, LayerBuilder builder)
        => new LayerNormModule(site, Shape(input), Epsilon, builder.Make(site, Weights(input, site)));

    private long[] Shape(TensorShape input) => [.. input.Sizes.TakeLast(Dimensions).Select(s => (long)s)];
}

internal sealed class LayerNormModule(LayerSite site, long[] shape, double epsilon, IReadOnlyDictionary<string, Tensor> weights) : LayerModule(site)
{
    public override string Write(LayerGraph graph, string x) => Write(graph, x, shape, epsilon, weights.GetValueOrDefault("weight"), weights.GetValueOrDefault("bias"), string.Empty);

    public static string Write(LayerGraph graph, string x, long[] shape, double epsilon, Tensor? weight, Tensor? bias, string prefix)
    {
        var scale = weight is null
            ? graph.Constant(prefix + "weight", Enumerable.Repeat(1f, (int)shape.Aggregate(1L, (p, s) => p * s)).ToArray(), shape)
            : graph.Constant(prefix + "weight", weight);
        return graph.Node(
            "LayerNormalization",
            bias is null ? [x, scale] : [x, scale, graph.Constant(prefix + "bias", bias)],
            OnnxAttribute.Int("axis", -shape.Length),
            OnnxAttribute.Float("epsilon", (float)epsilon));
    }

    protected override Tensor Forward(Tensor x, ForwardPass pass)
        => torch.nn.functional.layer_norm(x, shape, weights.GetValueOrDefault("weight"), weights.GetValueOrDefault("bias"), epsilon);
}
