using System.Globalization;
using Mlp.Runtime.Onnx;
using TorchSharp;
using Tensor = TorchSharp.torch.Tensor;

namespace Mlp.Training.Networks.Layers;

/// <summary>Cross-correlation over 1 to 3 dimensions, zeros around the edges.</summary>
/// <param name="Channels">Channels of the output.</param>
/// <param name="Kernel">Size of the window in each dimension.</param>
/// <param name="Stride">Steps of the window.</param>
/// <param name="Padding">Zeros before and after.</param>
/// <param name="Dilation">Distance between the values of the window.</param>
/// <param name="Groups">Groups of channels that do not see each other.</param>
/// <param name="Bias">Whether a number per channel is added.</param>
internal sealed record ConvolutionLayer(
    int Channels, IReadOnlyList<int> Kernel, IReadOnlyList<int> Stride, IReadOnlyList<int> Padding, IReadOnlyList<int> Dilation, int Groups, bool Bias) : LayerDefinition
{
    private protected override string KindName => string.Create(CultureInfo.InvariantCulture, $"Conv{Kernel.Count}d");

    internal override IEnumerable<string> FindFailures()
        => [
            .. Least("channels", Channels, 1), .. Least("groups", Groups, 1), .. Windows.FindFailures(Kernel, Stride, Padding, Dilation),
            .. Groups > 0 && Channels % Groups != 0 ? [FormattableString.Invariant($"Expected 'channels' to be a multiple of 'groups' ({Groups}), but found {Channels}.")] : Array.Empty<string>(),
        ];

    internal override TensorShape Infer(TensorShape input, LayerSite site)
    {
        site.RequireNumbers(input, Kernel.Count + 1, Kernel.Count + 1, Windows.Expected(Kernel.Count));
        return input.Sizes[0] % Groups == 0
            ? TensorShape.OfNumbers([Channels, .. Windows.Infer(input, site, Kernel, Stride, Padding, Dilation)])
            : throw site.Refuse(FormattableString.Invariant($"a multiple of {Groups} channels for {Groups} groups, but found {input}"));
    }

    internal override IReadOnlyList<WeightSpecification> Weights(TensorShape input, LayerSite site)
    {
        var inputs = input.Sizes[0] / Groups;
        var initialisation = WeightInitialisation.Uniform(1 / Math.Sqrt(Kernel.Aggregate(inputs, (product, size) => product * size)));
        var weight = new WeightSpecification("weight", [Channels, inputs, .. Kernel.Select(k => (long)k)], initialisation);
        return Bias ? [weight, new("bias", [Channels], initialisation)] : [weight];
    }

    internal override LayerModule Build(TensorShape input, LayerSite site, LayerBuilder builder) => new ConvolutionModule(site, this, builder.Make(site, Weights(input, site)));
}

internal sealed class ConvolutionModule(LayerSite site, ConvolutionLayer layer, IReadOnlyDictionary<string, Tensor> weights) : LayerModule(site), IFoldable
{
    private readonly Tensor _weight = weights["weight"];
    private readonly Tensor? _bias = weights.GetValueOrDefault("bias");
    private readonly long[] _stride = Windows.Long(layer.Stride);
    private readonly long[] _padding = Windows.Long(layer.Padding);
    private readonly long[] _dilation = Windows.Long(layer.Dilation);

    public bool CanFold => true;

    public override string Write(LayerGraph graph, string x) => Write(graph, x, LayerGraph.Floats(_weight), LayerGraph.Floats(_bias));

    public string WriteFolded(LayerGraph graph, string x, BatchNormModule norm)
    {
        var (weight, bias) = norm.Fold(LayerGraph.Floats(_weight), LayerGraph.Floats(_bias));
        return Write(graph, x, weight, bias);
    }

    protected override Tensor Forward(Tensor x, ForwardPass pass) => _stride.Length switch
    {
        1 => torch.nn.functional.conv1d(x, _weight, _bias, _stride[0], _padding[0], _dilation[0], layer.Groups),
        2 => torch.nn.functional.conv2d(x, _weight, _bias, _stride, _padding, _dilation, layer.Groups),
        _ => torch.nn.functional.conv3d(x, _weight, _bias, _stride, _padding, _dilation, layer.Groups),
    };

    private string Write(LayerGraph graph, string x, ReadOnlySpan<float> weight, ReadOnlySpan<float> bias)
    {
        var w = graph.Constant("weight", weight, _weight.shape);
        return graph.Node(
            "Conv",
            bias.Length == 0 ? [x, w] : [x, w, graph.Constant("bias", bias, bias.Length)],
            [.. Windows.Attributes(layer.Kernel, layer.Stride, layer.Padding, layer.Dilation), OnnxAttribute.Int("group", layer.Groups)]);
    }
}
