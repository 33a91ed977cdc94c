using TorchSharp;
using TorchSharp.Modules;

namespace Mlp.Training.Networks.Layers.Import;

/// <summary>Turns TorchSharp's pooling into layers.</summary>
internal static class PoolReader
{
    /// <summary>The layer of a module; null where it is no pooling.</summary>
    public static LayerDefinition? Read(torch.nn.Module module, string path) => module switch
    {
        MaxPool1d p => Pool(path, p, true, 1, [p.kernel_size], One(p.stride), One(p.padding), One(p.dilation), !p.ceil_mode),
        MaxPool2d p => Pool(path, p, true, 2, p.kernel_size, p.stride, p.padding, p.dilation, !p.ceil_mode),
        MaxPool3d p => Pool(path, p, true, 3, p.kernel_size, p.stride, p.padding, p.dilation, !p.ceil_mode),
        AvgPool1d p => Pool(path, p, false, 1, [p.kernel_size], One(p.stride), One(p.padding), null, !p.ceil_mode && p.count_include_pad),
        AvgPool2d p => Pool(path, p, false, 2, p.kernel_size, p.stride, p.padding, null, !p.ceil_mode && p.count_include_pad && p.divisor_override is null),
        AvgPool3d p => Pool(path, p, false, 3, p.kernel_size, p.stride, p.padding, null, !p.ceil_mode && p.count_include_pad && p.divisor_override is null),
        AdaptiveAvgPool1d p => Adaptive(path, p, 1, [p.output_size]),
        AdaptiveAvgPool2d p => Adaptive(path, p, 2, p.output_size),
        AdaptiveAvgPool3d p => Adaptive(path, p, 3, p.output_size),
        _ => null,
    };

    private static LayerDefinition Pool(
        string path, torch.nn.Module module, bool isMaximum, int dimensions, long[] kernel, long[]? stride, long[]? padding, long[]? dilation, bool isKnown)
    {
        if (!isKnown)
        {
            throw ModuleReader.Refuse(path, module.GetType().Name, "it rounds sizes up, leaves padding out of means or divides by a number of its own");
        }

        int[] sizes = Each(kernel, dimensions, 1);
        return Layer.Checked(new PoolingLayer(
            isMaximum, sizes, stride is { Length: > 0 } ? Each(stride, dimensions, 1) : sizes, Each(padding, dimensions, 0), Each(dilation, dimensions, 1)));
    }

    private static LayerDefinition Adaptive(string path, torch.nn.Module module, int dimensions, long[] sizes)
        => sizes.All(s => s > 0)
            ? Layer.AdaptiveAvgPool(Each(sizes, dimensions, 1))
            : throw ModuleReader.Refuse(path, module.GetType().Name, "it leaves a size as it is");

    private static long[]? One(long? value) => value is { } number ? [number] : null;

    // One number stands for all dimensions.
    private static int[] Each(long[]? values, int dimensions, int otherwise)
        => [.. Enumerable.Range(0, dimensions).Select(i => values is not { Length: > 0 } ? otherwise : ModuleReader.Size(values[values.Length == 1 ? 0 : i]))];
}
