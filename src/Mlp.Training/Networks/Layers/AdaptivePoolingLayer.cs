using System.Globalization;
using Mlp.Runtime.Onnx;
using TorchSharp;
using Tensor = TorchSharp.torch.Tensor;

namespace Mlp.Training.Networks.Layers;

/// <summary>Means over windows that are chosen so that the output has given sizes: window i of n outputs begins at ⌊i·size/n⌋ and ends before ⌈(i + 1)·size/n⌉.</summary>
internal sealed record AdaptivePoolingLayer(IReadOnlyList<int> Sizes) : LayerDefinition
{
    private protected override string KindName => string.Create(CultureInfo.InvariantCulture, $"AdaptiveAvgPool{Sizes.Count}d");

    internal override IEnumerable<string> FindFailures()
        => [
            .. Sizes.SelectMany(s => Least("sizes", s, 1)),
            .. Sizes.Count is >= 1 and <= 3 ? Array.Empty<string>() : [FormattableString.Invariant($"Expected 1 to 3 'sizes', but found {Sizes.Count}.")],
        ];

    internal override TensorShape Infer(TensorShape input, LayerSite site)
    {
        site.RequireNumbers(input, Sizes.Count + 1, Sizes.Count + 1, Windows.Expected(Sizes.Count));
        return TensorShape.OfNumbers([input.Sizes[0], .. Sizes]);
    }

    internal override LayerModule Build(TensorShape input, LayerSite site, LayerBuilder builder) => new AdaptivePoolingModule(site, input.Sizes, Sizes);
}

/// <param name="site">Where it stands.</param>
/// <param name="input">Channels and sizes of the input.</param>
/// <param name="output">Sizes of the output.</param>
internal sealed class AdaptivePoolingModule(LayerSite site, IReadOnlyList<int> input, IReadOnlyList<int> output) : LayerModule(site)
{
    public override string Write(LayerGraph graph, string x)
    {
        if (output.All(s => s == 1))
        {
            return graph.Node("GlobalAveragePool", [x]);
        }

        if (output.Select((size, i) => input[i + 1] % size).All(rest => rest == 0))
        {
            int[] kernel = [.. output.Select((size, i) => input[i + 1] / size)];
            return graph.Node("AveragePool", [x], Windows.Attributes(kernel, kernel, new int[kernel.Length], null));
        }

        // Windows of different sizes: one product with a matrix of means per dimension, each brought to the end first.
        for (var i = 0; i < output.Count; i++)
        {
            x = graph.Node("MatMul", [Turn(graph, x, i), graph.Constant("means", Means(input[i + 1], output[i]), input[i + 1], output[i])]);
            x = Turn(graph, x, i);
        }

        return x;
    }

    protected override Tensor Forward(Tensor x, ForwardPass pass) => output.Count switch
    {
        1 => torch.nn.functional.adaptive_avg_pool1d(x, output[0]),
        2 => torch.nn.functional.adaptive_avg_pool2d(x, Windows.Long(output)),
        _ => torch.nn.functional.adaptive_avg_pool3d(x, Windows.Long(output)),
    };

    // Exchanges dimension i after the channels with the last one.
    private string Turn(LayerGraph graph, string x, int i)
    {
        long[] permutation = [.. Enumerable.Range(0, output.Count + 2).Select(d => (long)d)];
        (permutation[i + 2], permutation[^1]) = (permutation[^1], permutation[i + 2]);
        return i == output.Count - 1 ? x : graph.Transpose(x, permutation);
    }

    private static float[] Means(int size, int count)
    {
        var means = new float[size * count];
        for (var window = 0; window < count; window++)
        {
            var (start, end) = (window * size / count, (((window + 1) * size) + count - 1) / count);
            for (var i = start; i < end; i++)
            {
                means[(i * count) + window] = 1f / (end - start);
            }
        }

        return means;
    }
}
