using Mlp.Training.Networks;
using Mlp.Training.Networks.Layers;

namespace Mlp.Training.Tests.Networks.Layers;

/// <summary>Layers with random settings over random shapes.</summary>
internal static class RandomLayers
{
    private static readonly string[] Kinds =
    [
        "linear", "linearSteps", "conv1", "conv2", "conv3", "max1", "max2", "max3", "avg1", "avg2", "avg3", "adaptive1", "adaptive2", "adaptive3", "batchNorm", "linearBatchNorm",
        "convBatchNorm", "layerNorm", "groupNorm", "activation", "leaky", "elu", "prelu", "softmax", "flatten", "permute", "lstm", "gru", "attention", "encoderLayer", "encoder",
        "position", "residual", "parallelConcat", "parallelSum",
    ];

    private static readonly string[] IdKinds = ["embedding", "embeddingBag", "tabularInput", "tabularInputWithoutIds", "denseInput", "idInput"];

    public static TheoryData<string> All => [.. Kinds];

    /// <summary>Layers that take ids, and those that take the dense part from beside them.</summary>
    public static TheoryData<string> OfIds => [.. IdKinds];

    /// <summary>A network that begins with such a layer, the width of the dense part of a row, and below what the ids of its columns are.</summary>
    public static (NetworkDefinition Definition, int Width, int[] Cardinalities) CreateOfIds(string kind, SeededRandom random)
    {
        int Of(int least, int most) => least + random.NextInt(most - least + 1);
        int[] Columns(int least) => [.. Enumerable.Range(0, Of(least, 4)).Select(_ => Of(1, random.NextInt(2) == 0 ? 9 : 3000))];

        var modes = Enum.GetValues<EmbeddingBagMode>();
        var ids = Columns(1);
        int? cardinality = random.NextInt(2) == 0 ? null : ids.Max() + Of(0, 5);
        var bag = Layer.EmbeddingBag(Of(1, 9), modes[random.NextInt(modes.Length)], cardinality);
        var table = Layer.TabularInput(random.NextInt(2) == 0 ? null : Of(1, 9), 0.1);
        return kind switch
        {
            "embedding" => (new(Layer.Embedding(Of(1, 9), cardinality), Layer.Flatten(), Layer.Output()), 0, ids),
            "embeddingBag" => (new(bag, Layer.Output()), 0, ids),
            "tabularInput" => (new(table, Layer.Output()), Of(0, 7), ids),
            "tabularInputWithoutIds" => (new(table, Layer.Output()), Of(1, 7), []),
            "denseInput" => (new(Layer.Parallel(0, Layer.Sequential(Layer.DenseInput(), Layer.Linear(Of(1, 9))), table), Layer.Output()), Of(1, 7), ids),
            _ => (new(Layer.Parallel(0, table, Layer.Sequential(Layer.IdInput(), bag)), Layer.Output()), Of(1, 7), ids),
        };
    }

    /// <summary>A layer and the sizes of one row that it takes.</summary>
    public static (LayerDefinition Layer, int[] Sizes) Create(string kind, SeededRandom random)
    {
        int Of(int least, int most) => least + random.NextInt(most - least + 1);
        bool Flip() => random.NextInt(2) == 1;
        int[] Image(int dimensions, int channels, int least = 4) => [channels, .. Enumerable.Range(0, dimensions).Select(_ => Of(least, least + (dimensions == 3 ? 2 : 5)))];
        var dimensions = kind[^1] is >= '1' and <= '3' ? kind[^1] - '0' : 2;
        int[] Each(int least, int most) => [.. Enumerable.Range(0, dimensions).Select(_ => Of(least, most))];

        switch (kind)
        {
            case "linear":
                return (Layer.Linear(Of(1, 9), Flip()), [Of(1, 9)]);
            case "linearSteps":
                return (Layer.Linear(Of(1, 9), Flip()), [Of(1, 4), Of(1, 4), Of(1, 9)]);
            case "conv1" or "conv2" or "conv3":
                var groups = Of(1, 3);
                return (Layer.Conv(groups * Of(1, 3), Each(1, 3), Each(1, 2), Each(0, 2), Each(1, 2), groups, Flip()), Image(dimensions, groups * Of(1, 3), 5));
            case "max1" or "max2" or "max3":
                var dilation = Of(1, 2);
                return (Pool(true, dimensions, Of(2, 3), Of(1, 3), Of(0, 1), dilation), Image(dimensions, Of(1, 3), 5));
            case "avg1" or "avg2" or "avg3":
                return (Pool(false, dimensions, Of(2, 3), Of(1, 3), Of(0, 1), 1), Image(dimensions, Of(1, 3), 5));
            case "adaptive1" or "adaptive2" or "adaptive3":
                return (Layer.AdaptiveAvgPool(Flip() ? Each(1, 1) : Each(1, 6)), Image(dimensions, Of(1, 3)));
            case "batchNorm":
                return (Layer.BatchNorm(affine: Flip()), Image(Of(0, 3), Of(1, 4)));
            case "linearBatchNorm":
                return (Layer.Sequential(Layer.Linear(Of(1, 9), Flip()), Layer.Dropout(), Layer.BatchNorm(affine: Flip()), Layer.Relu()), Flip() ? [Of(1, 9)] : [Of(1, 4), Of(1, 9)]);
            case "convBatchNorm":
                return (Layer.Sequential(Layer.Conv2d(Of(1, 4), 3, bias: Flip()), Layer.BatchNorm(affine: Flip())), Image(2, Of(1, 3)));
            case "layerNorm":
                return (Layer.LayerNorm(Of(1, 2), affine: Flip()), [Of(1, 4), Of(4, 9)]);
            case "groupNorm":
                var perGroup = Of(1, 3);
                var count = Of(1, 3);
                return (Layer.GroupNorm(count, affine: Flip()), Image(Of(1, 3), perGroup * count));
            case "activation":
                return (Layer.Activation(Enum.GetValues<Activation>()[random.NextInt(Enum.GetValues<Activation>().Length)]), [Of(1, 30)]);
            case "leaky":
                return (Layer.LeakyRelu(random.NextDouble()), [Of(1, 30)]);
            case "elu":
                return (Flip() ? Layer.Elu(0.1 + random.NextDouble()) : Layer.Celu(0.1 + random.NextDouble()), [Of(1, 30)]);
            case "prelu":
                return (Layer.PRelu(Flip()), Image(Of(0, 2), Of(1, 4)));
            case "softmax":
                return (Flip() ? Layer.Softmax(Of(-2, 1)) : Layer.LogSoftmax(Of(-2, 1)), [Of(1, 5), Of(1, 5)]);
            case "flatten":
                return (Layer.Flatten(Of(0, 2)), [Of(1, 3), Of(1, 4), Of(1, 4)]);
            case "permute":
                int[] axes = [0, 1, 2];
                random.Shuffle(axes);
                return (Layer.Permute(axes), [Of(1, 3), Of(1, 4), Of(1, 4)]);
            case "lstm":
                return (Layer.Lstm(Of(1, 5), Of(1, 3), Flip(), 0.2, Flip() ? RecurrentOutput.Sequence : RecurrentOutput.LastState, Flip()), [Of(1, 5), Of(1, 5)]);
            case "gru":
                return (Layer.Gru(Of(1, 5), Of(1, 3), Flip(), 0.2, Flip() ? RecurrentOutput.Sequence : RecurrentOutput.LastState, Flip()), [Of(1, 5), Of(1, 5)]);
            case "attention":
                var heads = Of(1, 3);
                return (Layer.MultiheadAttention(heads, 0.1, Flip(), Flip()), [Of(1, 5), heads * Of(1, 4)]);
            case "encoderLayer":
                return (EncoderLayer(random, out var size), [Of(1, 5), size]);
            case "encoder":
                return (Layer.TransformerEncoder(Of(1, 3), EncoderLayer(random, out var width), Flip()), [Of(1, 5), width]);
            case "position":
                return (Layer.PositionalEncoding(Flip(), 0.1), [Of(1, 6), Of(1, 6)]);
            case "residual":
                var inputs = Of(1, 6);
                return Flip()
                    ? (Layer.Residual(Layer.Sequential(Layer.Linear(5), Layer.BatchNorm(), Layer.Relu(), Layer.Linear(inputs))), [inputs])
                    : (Layer.Residual(Layer.Sequential(Layer.Linear(5), Layer.Gelu()), Layer.Linear(5)), [inputs]);
            case "parallelConcat":
                return (Layer.Parallel(0, Layer.Conv2d(2, 3, padding: 1), Layer.Conv2d(1, 1), Layer.MaxPool2d(3, 1, 1)), Image(2, Of(1, 3)));
            default:
                return (Layer.Parallel(ParallelMerge.Sum, Layer.Linear(4), Layer.Sequential(Layer.Linear(3), Layer.Silu(), Layer.Linear(4)), Layer.Linear(4, bias: false)), [Of(1, 5)]);
        }
    }

    private static LayerDefinition EncoderLayer(SeededRandom random, out int size)
    {
        var heads = 1 + random.NextInt(2);
        size = heads * (4 + random.NextInt(3));
        Activation[] activations = [Activation.Relu, Activation.Gelu, Activation.GeluTanh, Activation.Silu, Activation.Mish, Activation.Tanh];
        return Layer.TransformerEncoderLayer(heads, 1 + random.NextInt(8), 0.1, activations[random.NextInt(activations.Length)], random.NextInt(2) == 1, random.NextInt(2) == 1);
    }

    private static LayerDefinition Pool(bool isMaximum, int dimensions, int kernel, int stride, int padding, int dilation) => (isMaximum, dimensions) switch
    {
        (true, 1) => Layer.MaxPool1d(kernel, stride, padding, dilation),
        (true, 2) => Layer.MaxPool2d(kernel, stride, padding, dilation),
        (true, _) => Layer.MaxPool3d(kernel, stride, padding, dilation),
        (false, 1) => Layer.AvgPool1d(kernel, stride, padding),
        (false, 2) => Layer.AvgPool2d(kernel, stride, padding),
        _ => Layer.AvgPool3d(kernel, stride, padding),
    };
}
