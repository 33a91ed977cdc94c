using System.Globalization;
using Mlp.Runtime.Onnx;
using TorchSharp;
using Tensor = TorchSharp.torch.Tensor;

namespace Mlp.Training.Networks.Layers;

/// <summary>The largest value or the mean of each window.</summary>
/// <param name="IsMaximum">Whether it is the largest.</param>
/// <param name="Kernel">Size of the window in each dimension.</param>
/// <param name="Stride">Steps of the window.</param>
/// <param name="Padding">Values before and after: never the largest, zeros in a mean.</param>
/// <param name="Dilation">Distance between the values of the window; 1 for a mean.</param>
internal sealed record PoolingLayer(bool IsMaximum, IReadOnlyList<int> Kernel, IReadOnlyList<int> Stride, IReadOnlyList<int> Padding, IReadOnlyList<int> Dilation) : LayerDefinition
{
    private protected override string KindName => string.Create(CultureInfo.InvariantCulture, $"{(IsMaximum ? "Max" : "Avg")}Pool{Kernel.Count}d");

    internal override IEnumerable<string> FindFailures()
    {
        foreach (var sentence in Windows.FindFailures(Kernel, Stride, Padding, Dilation))
        {
            yield return sentence;
        }

        if (Padding.Zip(Kernel).Any(p => p.First * 2 > p.Second))
        {
            yield return "Expected a 'padding' of at most half the 'kernel', but found more.";
        }

        if (!IsMaximum && Dilation.Any(d => d != 1))
        {
            yield return "Expected a 'dilation' of 1 for a mean, but found another.";
        }
    }

    internal override TensorShape Infer(TensorShape input, LayerSite site)
    {
        site.RequireNumbers(input, Kernel.Count + 1, Kernel.Count + 1, Windows.Expected(Kernel.Count));
        return TensorShape.OfNumbers([input.Sizes[0], .. Windows.Infer(input, site, Kernel, Stride, Padding, Dilation)]);
    }

    internal override LayerModule Build(TensorShape input, LayerSite site, LayerBuilder builder) => new PoolingModule(site, this);
}

internal sealed class PoolingModule(LayerSite site, PoolingLayer layer) : LayerModule(site)
{
    private readonly long[] _kernel = Windows.Long(layer.Kernel);
    private readonly long[] _stride = Windows.Long(layer.Stride);
    private readonly long[] _padding = Windows.Long(layer.Padding);
    private readonly long[] _dilation = Windows.Long(layer.Dilation);

    public override string Write(LayerGraph graph, string x) => layer.IsMaximum
        ? graph.Node("MaxPool", [x], Windows.Attributes(layer.Kernel, layer.Stride, layer.Padding, layer.Dilation))
        : graph.Node("AveragePool", [x], [.. Windows.Attributes(layer.Kernel, layer.Stride, layer.Padding, null), OnnxAttribute.Int("count_include_pad", 1)]);

    protected override Tensor Forward(Tensor x, ForwardPass pass) => (layer.IsMaximum, _kernel.Length) switch
    {
        (true, 1) => torch.nn.functional.max_pool1d(x, _kernel[0], _stride[0], _padding[0], _dilation[0]),
        (true, 2) => torch.nn.functional.max_pool2d(x, _kernel, _stride, _padding, _dilation),
        (true, _) => torch.nn.functional.max_pool3d(x, _kernel, _stride, _padding, _dilation),
        (false, 1) => torch.nn.functional.avg_pool1d(x, _kernel[0], _stride[0], _padding[0]),
        (false, 2) => torch.nn.functional.avg_pool2d(x, _kernel, _stride, _padding),
        (false, _) => torch.nn.functional.avg_pool3d(x, _kernel, _stride, _padding),
    };
}
