namespace Mlp.Training.Networks.Layers;

/// <content>Convolution, pooling and shapes.</content>
public static partial class Layer
{
    /// <summary>Cross-correlation along a line: (N, channels, length) to (N, channels, length).</summary>
    /// <param name="channels">Channels of the output, from 1.</param>
    /// <param name="kernel">Size of the window, from 1.</param>
    /// <param name="stride">Steps of the window, from 1.</param>
    /// <param name="padding">Zeros at both ends, from 0.</param>
    /// <param name="dilation">Distance between the values of the window, from 1.</param>
    /// <param name="groups">Groups of channels that do not see each other; divides both channels.</param>
    /// <param name="bias">Whether a number per channel is added.</param>
    public static LayerDefinition Conv1d(int channels, int kernel, int stride = 1, int padding = 0, int dilation = 1, int groups = 1, bool bias = true)
        => Conv(channels, [kernel], [stride], [padding], [dilation], groups, bias);

    /// <summary>Cross-correlation over a plane: (N, channels, height, width) to (N, channels, height, width).</summary>
    /// <inheritdoc cref="Conv1d"/>
    public static LayerDefinition Conv2d(int channels, int kernel, int stride = 1, int padding = 0, int dilation = 1, int groups = 1, bool bias = true)
        => Conv(channels, [kernel, kernel], [stride, stride], [padding, padding], [dilation, dilation], groups, bias);

    /// <summary>Cross-correlation over a volume: (N, channels, depth, height, width) to (N, channels, depth, height, width).</summary>
    /// <inheritdoc cref="Conv1d"/>
    public static LayerDefinition Conv3d(int channels, int kernel, int stride = 1, int padding = 0, int dilation = 1, int groups = 1, bool bias = true)
        => Conv(channels, [kernel, kernel, kernel], [stride, stride, stride], [padding, padding, padding], [dilation, dilation, dilation], groups, bias);

    /// <summary>Cross-correlation with settings of their own for each of 1 to 3 dimensions.</summary>
    /// <param name="channels">Channels of the output, from 1.</param>
    /// <param name="kernel">Sizes of the window; their number is that of the dimensions.</param>
    /// <param name="stride">Steps of the window; null for 1.</param>
    /// <param name="padding">Zeros at both ends; null for 0.</param>
    /// <param name="dilation">Distances between the values of the window; null for 1.</param>
    /// <param name="groups">Groups of channels that do not see each other; divides both channels.</param>
    /// <param name="bias">Whether a number per channel is added.</param>
    public static LayerDefinition Conv(
        int channels,
        IReadOnlyList<int> kernel,
        IReadOnlyList<int>? stride = null,
        IReadOnlyList<int>? padding = null,
        IReadOnlyList<int>? dilation = null,
        int groups = 1,
        bool bias = true)
        => Checked(new ConvolutionLayer(channels, [.. kernel], Each(stride, kernel, 1), Each(padding, kernel, 0), Each(dilation, kernel, 1), groups, bias));

    /// <summary>The largest value of each window: (N, channels, length) to (N, channels, length).</summary>
    /// <param name="kernel">Size of the window, from 1.</param>
    /// <param name="stride">Steps of the window, from 1; null for its size.</param>
    /// <param name="padding">Places at both ends that are never the largest, 0 to half the window.</param>
    /// <param name="dilation">Distance between the values of the window, from 1.</param>
    public static LayerDefinition MaxPool1d(int kernel, int? stride = null, int padding = 0, int dilation = 1) => Pool(true, 1, kernel, stride, padding, dilation);

    /// <summary>The largest value of each window: (N, channels, height, width) to (N, channels, height, width).</summary>
    /// <inheritdoc cref="MaxPool1d"/>
    public static LayerDefinition MaxPool2d(int kernel, int? stride = null, int padding = 0, int dilation = 1) => Pool(true, 2, kernel, stride, padding, dilation);

    /// <summary>The largest value of each window: (N, channels, depth, height, width) to (N, channels, depth, height, width).</summary>
    /// <inheritdoc cref="MaxPool1d"/>
    public static LayerDefinition MaxPool3d(int kernel, int? stride = null, int padding = 0, int dilation = 1) => Pool(true, 3, kernel, stride, padding, dilation);

    /// <summary>The mean of each window: (N, channels, length) to (N, channels, length).</summary>
    /// <param name="kernel">Size of the window, from 1.</param>
    /// <param name="stride">Steps of the window, from 1; null for its size.</param>
    /// <param name="padding">Zeros at both ends, which count, 0 to half the window.</param>
    public static LayerDefinition AvgPool1d(int kernel, int? stride = null, int padding = 0) => Pool(false, 1, kernel, stride, padding, 1);

    /// <summary>The mean of each window: (N, channels, height, width) to (N, channels, height, width).</summary>
    /// <inheritdoc cref="AvgPool1d"/>
    public static LayerDefinition AvgPool2d(int kernel, int? stride = null, int padding = 0) => Pool(false, 2, kernel, stride, padding, 1);

    /// <summary>The mean of each window: (N, channels, depth, height, width) to (N, channels, depth, height, width).</summary>
    /// <inheritdoc cref="AvgPool1d"/>
    public static LayerDefinition AvgPool3d(int kernel, int? stride = null, int padding = 0) => Pool(false, 3, kernel, stride, padding, 1);

    /// <summary>Means over windows chosen so that the output has given sizes: (N, channels, ...) to (N, channels, sizes).</summary>
    /// <param name="sizes">Sizes of the output after the channels, 1 to 3 of them.</param>
    public static LayerDefinition AdaptiveAvgPool(params IReadOnlyList<int> sizes) => Checked(new AdaptivePoolingLayer([.. sizes]));

    /// <summary>Makes one dimension of several: (N, a, b, c) to (N, a · b · c).</summary>
    /// <param name="start">The first of them, an axis of one row from 0.</param>
    public static LayerDefinition Flatten(int start = 0) => Checked(new FlattenLayer(start));

    /// <summary>Another shape for the same values, row-major: (N, ...) to (N, sizes).</summary>
    /// <param name="sizes">Sizes after the rows; one of them may be -1, which stands for what is left.</param>
    public static LayerDefinition Reshape(params IReadOnlyList<int> sizes) => Checked(new ReshapeLayer([.. sizes]));

    /// <summary>Another order of the dimensions.</summary>
    /// <param name="axes">Axes of one row, from 0, in their new order: (1, 0) turns (N, channels, length) into (N, length, channels).</param>
    public static LayerDefinition Permute(params IReadOnlyList<int> axes) => Checked(new PermuteLayer([.. axes]));

    private static LayerDefinition Pool(bool isMaximum, int dimensions, int kernel, int? stride, int padding, int dilation)
    {
        int[] All(int value) => [.. Enumerable.Repeat(value, dimensions)];
        return Checked(new PoolingLayer(isMaximum, All(kernel), All(stride ?? kernel), All(padding), All(dilation)));
    }

    private static int[] Each(IReadOnlyList<int>? values, IReadOnlyList<int> kernel, int otherwise) => values is null ? [.. kernel.Select(_ => otherwise)] : [.. values];
}
