using System.Globalization;
using Mlp.Runtime.Onnx;
using TorchSharp;
using Tensor = TorchSharp.torch.Tensor;

namespace Mlp.Training.Networks.Layers;

/// <summary>Normalises groups of channels of each row (Wu and He, 2018).</summary>
internal sealed record GroupNormLayer(int Groups, double Epsilon, bool Affine) : LayerDefinition
{
    private protected override string KindName => "GroupNorm";

    internal override IEnumerable<string> FindFailures()
        => [.. Least("groups", Groups, 1), .. Epsilon is > 0 and < double.PositiveInfinity ? Array.Empty<string>() : [FormattableString.Invariant($"Expected an 'epsilon' above 0, but found {Epsilon}.")]];

    internal override TensorShape Infer(TensorShape input, LayerSite site)
    {
        site.RequireNumbers(input, 1, 4, "(N, channels) or (N, channels, ...)");
        return input.Sizes[0] % Groups == 0
            ? input
            : throw site.Refuse(string.Create(CultureInfo.InvariantCulture, $"a multiple of {Groups} channels for {Groups} groups, but found {input}"));
    }

    internal override IReadOnlyList<WeightSpecification> Weights(TensorShape input, LayerSite site)
        => Affine ? [new("weight", [input.Sizes[0]], WeightInitialisation.Constant(1)), new("bias", [input.Sizes[0]], WeightInitialisation.Constant(0))] : [];

    internal override LayerModule Build(TensorShape input, LayerSite site, LayerBuilder builder)
        => new GroupNormModule(site, input, this, builder.Make(site, Weights(input, site)));
}

internal sealed class GroupNormModule(LayerSite site, TensorShape input, GroupNormLayer layer, IReadOnlyDictionary<string, Tensor> weights) : LayerModule(site)
{
    /// <summary>From here on the operator has a scale per channel.</summary>
    private const int OperatorOpset = 21;

    private readonly int _channels = input.Sizes[0];
    private readonly Tensor? _weight = weights.GetValueOrDefault("weight");
    private readonly Tensor? _bias = weights.GetValueOrDefault("bias");

    public override string Write(LayerGraph graph, string x)
        => graph.Opset >= OperatorOpset && input.Rank > 1 ? WriteOperator(graph, x) : WriteInstances(graph, x);

    protected override Tensor Forward(Tensor x, ForwardPass pass) => torch.nn.functional.group_norm(x, layer.Groups, _weight, _bias, layer.Epsilon);

    private string WriteOperator(LayerGraph graph, string x) => graph.Node(
        "GroupNormalization",
        [
            x,
            _weight is null ? graph.Constant("weight", Enumerable.Repeat(1f, _channels).ToArray(), _channels) : graph.Constant("weight", _weight),
            _bias is null ? graph.Constant("bias", new float[_channels], _channels) : graph.Constant("bias", _bias),
        ],
        OnnxAttribute.Int("num_groups", layer.Groups),
        OnnxAttribute.Float("epsilon", (float)layer.Epsilon));

    // A group is a channel of another shape, which InstanceNormalization normalises on its own.
    private string WriteInstances(LayerGraph graph, string x)
    {
        var groups = graph.Reshape(x, -1, layer.Groups, input.ElementCount / layer.Groups);
        var normal = graph.Node(
            "InstanceNormalization",
            [groups, graph.Constant("ones", Enumerable.Repeat(1f, layer.Groups).ToArray(), layer.Groups), graph.Constant("zeros", new float[layer.Groups], layer.Groups)],
            OnnxAttribute.Float("epsilon", (float)layer.Epsilon));
        var y = graph.Reshape(normal, input.WithRows());
        if (_weight is null || _bias is null)
        {
            return y;
        }

        long[] shape = [_channels, .. Enumerable.Repeat(1L, input.Rank - 1)];
        var scaled = graph.Node("Mul", [y, graph.Constant("weight", LayerGraph.Floats(_weight), shape)]);
        return graph.Node("Add", [scaled, graph.Constant("bias", LayerGraph.Floats(_bias), shape)]);
    }
}
