using TorchSharp;
using TorchSharp.Modules;

namespace Mlp.Training.Networks.Layers.Import;

/// <summary>Turns TorchSharp's modules into layers, as far as their settings are public.</summary>
internal static class ModuleReader
{
    /// <summary>Reads the layers of a sequence.</summary>
    /// <param name="module">The sequence.</param>
    /// <param name="path">Its name; empty for the network.</param>
    public static IReadOnlyList<LayerDefinition> ReadAll(Sequential module, string path)
        => [.. module.named_children().Select(child => Read(child.module, path.Length == 0 ? child.name : $"{path}.{child.name}").Named(child.name))];

    private static LayerDefinition Read(torch.nn.Module module, string path) => module switch
    {
        Sequential sequence => Layer.Sequential(ReadAll(sequence, path)),
        Linear linear => Layer.Linear(Size(linear.out_features), linear.bias is not null),
        Convolution convolution => ReadConvolution(convolution, path),
        BatchNorm norm => ReadBatchNorm(norm, path),
        LayerNorm norm => Layer.LayerNorm(norm.normalized_shape.Length, norm.eps, norm.elementwise_affine),
        GroupNorm norm => Layer.GroupNorm(Size(norm.num_groups), norm.eps, norm.affine),
        Dropout dropout => Layer.Dropout(dropout.p),
        PReLU prelu => Layer.PRelu(prelu.num_parameters > 1, prelu.init),
        Softmax softmax => Layer.Softmax(Axis(softmax.dim, path, "Softmax")),
        LogSoftmax softmax => Layer.LogSoftmax(Axis(softmax.dim, path, "LogSoftmax")),
        Flatten flatten => flatten.start_dim >= 1 && flatten.end_dim == -1
            ? Layer.Flatten(Size(flatten.start_dim) - 1)
            : throw Refuse(path, "Flatten", "it flattens dimension 0, which is the rows, or does not go to the last one"),
        Unflatten unflatten => unflatten.dim == 1
            ? Layer.Reshape(Sizes(unflatten.unflattened_size))
            : throw Refuse(path, "Unflatten", FormattableString.Invariant($"it splits dimension {unflatten.dim} and not 1")),
        _ => ActivationReader.Read(module, path) ?? PoolReader.Read(module, path) ?? throw Unknown(module, path),
    };

    public static NetworkDefinitionException Refuse(string path, string kind, string reason)
        => new($"Expected a layer that can be exported, but '{path}' ({kind}) cannot: {reason}.", path);

    public static int Size(long size) => checked((int)size);

    public static int[] Sizes(IEnumerable<long> sizes) => [.. sizes.Select(Size)];

    private static LayerDefinition ReadConvolution(Convolution convolution, string path)
    {
        var kind = convolution.GetType().Name;
        if (convolution.transposed)
        {
            throw Refuse(path, kind, "transposed convolutions have no layer here");
        }

        if (convolution.padding_mode != PaddingModes.Zeros)
        {
            throw Refuse(path, kind, $"its padding is '{convolution.padding_mode}', and only zeros are known");
        }

        int[] kernel = Sizes(convolution.kernel_size);
        int[] dilation = Sizes(convolution.dilation);
        var padding = convolution.padding_type switch
        {
            null => Sizes(convolution.padding ?? [.. kernel.Select(_ => 0L)]),
            Padding.Valid => new int[kernel.Length],
            _ => SamePadding(kernel, dilation, path, kind),
        };
        return Layer.Conv(Size(convolution.out_channels), kernel, Sizes(convolution.stride), padding, dilation, Size(convolution.groups), convolution.bias is not null);
    }

    private static int[] SamePadding(int[] kernel, int[] dilation, string path, string kind)
    {
        int[] total = [.. kernel.Select((size, i) => dilation[i] * (size - 1))];
        return total.All(t => t % 2 == 0)
            ? [.. total.Select(t => t / 2)]
            : throw Refuse(path, kind, "its padding 'same' is larger at one end than at the other");
    }

    private static LayerDefinition ReadBatchNorm(BatchNorm norm, string path)
    {
        if (!norm.track_running_stats)
        {
            throw Refuse(path, norm.GetType().Name, "it keeps no running statistics, so that a row's result depends on the other rows");
        }

        return norm.momentum is { } momentum
            ? Layer.BatchNorm(norm.eps, momentum, norm.affine)
            : throw Refuse(path, norm.GetType().Name, "its statistics are averages of all batches, and only a momentum is known");
    }

    private static int Axis(long dimension, string path, string kind)
        => dimension != 0 ? Size(dimension > 0 ? dimension - 1 : dimension) : throw Refuse(path, kind, "it goes along dimension 0, which is the rows");

    private static NetworkDefinitionException Unknown(torch.nn.Module module, string path)
    {
        var kind = module.GetType().Name;
        return kind switch
        {
            "LSTM" or "GRU" or "RNN" => Refuse(path, kind, $"TorchSharp does not tell whether its batch comes first; define it as Layer.{(kind == "GRU" ? "Gru" : "Lstm")}"),
            "MultiheadAttention" or "TransformerEncoderLayer" or "TransformerEncoder" => Refuse(path, kind, $"TorchSharp does not tell its number of heads; define it as Layer.{kind}"),
            "Embedding" or "EmbeddingBag" => Refuse(path, kind, $"it takes ids and not numbers; define it as Layer.{kind}"),
            _ => Refuse(path, kind, "its kind is not known; define the network by Layer, with the module as Layer.UserModule"),
        };
    }
}
