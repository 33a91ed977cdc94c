using Mlp.Runtime.Onnx;

namespace Mlp.Training.Networks.Layers;

/// <summary>Windows that move over 1 to 3 dimensions: what convolution and pooling have in common.</summary>
internal static class Windows
{
    public static long[] Long(IReadOnlyList<int> values) => [.. values.Select(v => (long)v)];

    public static string Expected(int dimensions) => dimensions switch
    {
        1 => "(N, channels, length)",
        2 => "(N, channels, height, width)",
        _ => "(N, channels, depth, height, width)",
    };

    public static IEnumerable<string> FindFailures(IReadOnlyList<int> kernel, IReadOnlyList<int> stride, IReadOnlyList<int> padding, IReadOnlyList<int> dilation)
    {
        if (kernel.Count is < 1 or > 3)
        {
            yield return FormattableString.Invariant($"Expected a 'kernel' of 1 to 3 sizes, but found {kernel.Count}.");
        }

        foreach (var (setting, values, least) in new[] { ("kernel", kernel, 1), ("stride", stride, 1), ("padding", padding, 0), ("dilation", dilation, 1) })
        {
            if (values.Count != kernel.Count)
            {
                yield return FormattableString.Invariant($"Expected as many sizes in '{setting}' as in 'kernel' ({kernel.Count}), but found {values.Count}.");
            }

            foreach (var sentence in values.SelectMany(v => LayerDefinition.Least(setting, v, least)))
            {
                yield return sentence;
            }
        }
    }

    /// <summary>Sizes of the output after the channels.</summary>
    public static IEnumerable<int> Infer(
        TensorShape input, LayerSite site, IReadOnlyList<int> kernel, IReadOnlyList<int> stride, IReadOnlyList<int> padding, IReadOnlyList<int> dilation)
    {
        var sizes = new int[kernel.Count];
        for (var i = 0; i < sizes.Length; i++)
        {
            var (padded, window) = (input.Sizes[i + 1] + (2L * padding[i]), ((long)dilation[i] * (kernel[i] - 1)) + 1);
            sizes[i] = padded >= window
                ? (int)(((padded - window) / stride[i]) + 1)
                : throw site.Refuse(FormattableString.Invariant($"an input of at least {window - (2L * padding[i])} in dimension {i + 2} for its window, but found {input}"));
        }

        return sizes;
    }

    public static IReadOnlyList<OnnxAttribute> Attributes(IReadOnlyList<int> kernel, IReadOnlyList<int> stride, IReadOnlyList<int> padding, IReadOnlyList<int>? dilation)
    {
        OnnxAttribute[] attributes =
        [
            OnnxAttribute.Ints("kernel_shape", Long(kernel)), OnnxAttribute.Ints("strides", Long(stride)), OnnxAttribute.Ints("pads", [.. Long(padding), .. Long(padding)]),
        ];
        return dilation is null ? attributes : [.. attributes, OnnxAttribute.Ints("dilations", Long(dilation))];
    }
}
