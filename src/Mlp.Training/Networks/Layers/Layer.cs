namespace Mlp.Training.Networks.Layers;

/// <summary>
/// Makes the layers of a <see cref="NetworkDefinition"/>. Sizes of inputs follow from what comes before; shapes in these comments begin with the rows, N. Each method throws an
/// <see cref="ArgumentException"/> for a setting outside its range.
/// </summary>
public static partial class Layer
{
    /// <summary>y = x · Wᵀ + b over the last dimension: (N, ..., inputs) to (N, ..., units).</summary>
    /// <param name="units">Size of the output, from 1.</param>
    /// <param name="bias">Whether b is added.</param>
    public static LayerDefinition Linear(int units, bool bias = true) => Checked(new LinearLayer(units, bias));

    /// <summary>A linear layer with as many units as the task has outputs: the last layer of most networks. (N, inputs) to (N, outputs).</summary>
    /// <param name="bias">Whether a bias is added.</param>
    public static LayerDefinition Output(bool bias = true) => Checked(new OutputLayer(bias));

    /// <summary>Normalises each channel over the batch while training, and by running statistics in service (Ioffe and Szegedy, 2015). (N, channels, ...) to the same.</summary>
    /// <param name="epsilon">Added to the variance, above 0.</param>
    /// <param name="momentum">Weight of a batch in the running statistics, above 0 to 1.</param>
    /// <param name="affine">Whether a learned weight and bias per channel follow.</param>
    public static LayerDefinition BatchNorm(double epsilon = 1e-5, double momentum = 0.1, bool affine = true) => Checked(new BatchNormLayer(epsilon, momentum, affine));

    /// <summary>Normalises the last dimensions of each row (Ba, Kiros and Hinton, 2016).</summary>
    /// <param name="dimensions">How many of the last dimensions, from 1.</param>
    /// <param name="epsilon">Added to the variance, above 0.</param>
    /// <param name="affine">Whether a learned weight and bias per element follow.</param>
    public static LayerDefinition LayerNorm(int dimensions = 1, double epsilon = 1e-5, bool affine = true) => Checked(new LayerNormLayer(dimensions, epsilon, affine));

    /// <summary>Normalises groups of channels of each row (Wu and He, 2018). (N, channels, ...) to the same.</summary>
    /// <param name="groups">Number of groups; divides the channels.</param>
    /// <param name="epsilon">Added to the variance, above 0.</param>
    /// <param name="affine">Whether a learned weight and bias per channel follow.</param>
    public static LayerDefinition GroupNorm(int groups, double epsilon = 1e-5, bool affine = true) => Checked(new GroupNormLayer(groups, epsilon, affine));

    /// <summary>Leaves values out at random while training; the others grow by 1 / (1 − rate) (Srivastava et al., 2014).</summary>
    /// <param name="rate">Share of values, 0 to below 1.</param>
    public static LayerDefinition Dropout(double rate = 0.5) => Checked(new DropoutLayer(rate));

    /// <summary>A vector per id: (N, ...) of ids to (N, ..., size).</summary>
    /// <param name="size">Length of the vectors, from 1.</param>
    /// <param name="cardinality">Ids are below it; null for what the features say.</param>
    public static LayerDefinition Embedding(int size, int? cardinality = null) => Checked(new EmbeddingLayer(size, cardinality));

    /// <summary>One vector for all ids of a row together: (N, count) of ids to (N, size).</summary>
    /// <param name="size">Length of the vectors, from 1.</param>
    /// <param name="mode">How the vectors are joined.</param>
    /// <param name="cardinality">Ids are below it; null for what the features say.</param>
    public static LayerDefinition EmbeddingBag(int size, EmbeddingBagMode mode = EmbeddingBagMode.Mean, int? cardinality = null)
        => Checked(new EmbeddingBagLayer(size, mode, cardinality));

    /// <summary>
    /// The network's features as one row of numbers, where some of them are ids: the dense part, and behind it a vector for the id of each id column. Comes first. (N, width) and
    /// (N, id columns) to (N, width + lengths of the vectors).
    /// </summary>
    /// <param name="embeddingSize">Length of all vectors, from 1; null for min(50, (cardinality + 1) / 2) of each column.</param>
    /// <param name="dropout">Share of the vectors' values left out while training, 0 to below 1.</param>
    public static LayerDefinition TabularInput(int? embeddingSize = null, double dropout = 0) => Checked(new TabularInputLayer(dropout, embeddingSize));

    /// <summary>The dense part of the network's features alone: begins a branch that leaves the ids to others. (N, width).</summary>
    public static LayerDefinition DenseInput() => Checked(new FeaturePartLayer(IsIds: false));

    /// <summary>The ids of the network's features alone: begins a branch that leaves the dense part to others. (N, id columns) of ids.</summary>
    public static LayerDefinition IdInput() => Checked(new FeaturePartLayer(IsIds: true));

    /// <summary>Layers one after the other.</summary>
    /// <param name="layers">The layers.</param>
    public static LayerDefinition Sequential(params IReadOnlyList<LayerDefinition> layers) => Checked(new SequentialBlock([.. layers]));

    /// <summary>body(x) + x, or body(x) + shortcut(x) (He et al., 2016). Both parts of the sum have one shape.</summary>
    /// <param name="body">The layer around which the input goes; mostly <see cref="Sequential"/>.</param>
    /// <param name="shortcut">What brings the input to the shape of the body's output; null for the input itself.</param>
    public static LayerDefinition Residual(LayerDefinition body, LayerDefinition? shortcut = null) => Checked(new ResidualBlock(body, shortcut));

    /// <summary>Branches that all take the same input, joined along an axis.</summary>
    /// <param name="axis">An axis of one row from 0 (channels); -1 is the last.</param>
    /// <param name="branches">The branches, at least one.</param>
    public static LayerDefinition Parallel(int axis, params IReadOnlyList<LayerDefinition> branches) => Checked(new ParallelBlock([.. branches], ParallelMerge.Concat, axis));

    /// <summary>Branches that all take the same input, their outputs joined along axis 0 of a row or added.</summary>
    /// <param name="merge">What becomes of their outputs.</param>
    /// <param name="branches">The branches, at least one.</param>
    public static LayerDefinition Parallel(ParallelMerge merge, params IReadOnlyList<LayerDefinition> branches) => Checked(new ParallelBlock([.. branches], merge, 0));

    /// <summary>A layer of the application's own.</summary>
    /// <param name="name">Name of the module, for messages and saved definitions.</param>
    /// <param name="create">Makes a module; called for each network, and to infer shapes.</param>
    public static LayerDefinition UserModule(string name, Func<IUserModule> create)
    {
        ArgumentNullException.ThrowIfNull(create);
        return Checked(new UserModuleLayer(name) { Factory = create });
    }

    internal static LayerDefinition Checked(LayerDefinition layer)
    {
        string[] failures = [.. layer.FindFailures(), .. NameFailures(layer)];
        OptionRanges.ThrowIfAny([.. failures.Select(f => $"{layer.Kind}: {f}")], nameof(layer));
        return layer;
    }

    internal static IEnumerable<string> NameFailures(LayerDefinition layer)
    {
        if (layer.Name is { } name && (name.Length == 0 || name.Contains('.', StringComparison.Ordinal)))
        {
            yield return $"Expected a name without dots, but found '{name}'.";
        }

        var names = layer.Children.Select(c => c.Key).GroupBy(n => n, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1);
        if (names is not null)
        {
            yield return $"Expected layers of different names, but found '{names.Key}' more than once.";
        }
    }
}
