using System.Globalization;
using System.Text.Json.Serialization;

namespace Mlp.Training.Networks.Layers;

/// <summary>
/// What a layer is: its kind and settings, without weights. Sizes of inputs are not part of it; they follow from what comes before. Made by <see cref="Layer"/>. Immutable.
/// </summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(LinearLayer), "linear")]
[JsonDerivedType(typeof(OutputLayer), "output")]
[JsonDerivedType(typeof(ConvolutionLayer), "convolution")]
[JsonDerivedType(typeof(PoolingLayer), "pooling")]
[JsonDerivedType(typeof(AdaptivePoolingLayer), "adaptivePooling")]
[JsonDerivedType(typeof(BatchNormLayer), "batchNorm")]
[JsonDerivedType(typeof(LayerNormLayer), "layerNorm")]
[JsonDerivedType(typeof(GroupNormLayer), "groupNorm")]
[JsonDerivedType(typeof(EmbeddingLayer), "embedding")]
[JsonDerivedType(typeof(EmbeddingBagLayer), "embeddingBag")]
[JsonDerivedType(typeof(DropoutLayer), "dropout")]
[JsonDerivedType(typeof(ActivationLayer), "activation")]
[JsonDerivedType(typeof(PReluLayer), "prelu")]
[JsonDerivedType(typeof(SoftmaxLayer), "softmax")]
[JsonDerivedType(typeof(FlattenLayer), "flatten")]
[JsonDerivedType(typeof(ReshapeLayer), "reshape")]
[JsonDerivedType(typeof(PermuteLayer), "permute")]
[JsonDerivedType(typeof(RecurrentLayer), "recurrent")]
[JsonDerivedType(typeof(AttentionLayer), "attention")]
[JsonDerivedType(typeof(TransformerEncoderLayer), "transformerEncoderLayer")]
[JsonDerivedType(typeof(TransformerEncoderBlock), "transformerEncoder")]
[JsonDerivedType(typeof(PositionalEncodingLayer), "positionalEncoding")]
[JsonDerivedType(typeof(SequentialBlock), "sequential")]
[JsonDerivedType(typeof(ResidualBlock), "residual")]
[JsonDerivedType(typeof(ParallelBlock), "parallel")]
[JsonDerivedType(typeof(TabularInputLayer), "tabularInput")]
[JsonDerivedType(typeof(FeaturePartLayer), "featurePart")]
[JsonDerivedType(typeof(UserModuleLayer), "userModule")]
public abstract record LayerDefinition
{
    private protected LayerDefinition()
    {
    }

    /// <summary>Its name within its block; null for its number, as PyTorch names the layers of a sequence.</summary>
    [JsonPropertyOrder(-1)]
    public string? Name { get; init; }

    /// <summary>What it is, for messages and summaries, for example <c>Conv2d</c>.</summary>
    [JsonIgnore]
    public string Kind => KindName;

    /// <summary>What <see cref="Kind"/> says; a property that is overridden would be saved by every layer.</summary>
    private protected abstract string KindName { get; }

    /// <summary>The same layer under a name, which begins the names of its weights.</summary>
    /// <param name="name">A name without dots, for example <c>classifier</c>.</param>
    /// <exception cref="ArgumentException">The name is empty or has a dot.</exception>
    public LayerDefinition Named(string name) => Layer.Checked(this with { Name = name });

    /// <summary>Sentences of settings outside their ranges, of this layer alone.</summary>
    internal virtual IEnumerable<string> FindFailures() => [];

    /// <summary>Layers within it, with what each takes.</summary>
    internal virtual IEnumerable<LayerPart> Parts(TensorShape input, LayerSite site) => [];

    /// <summary>Layers within it, by name.</summary>
    internal virtual IReadOnlyList<KeyValuePair<string, LayerDefinition>> Children => [];

    /// <summary>Shape of the output.</summary>
    /// <exception cref="NetworkDefinitionException">The layer cannot take the input.</exception>
    internal abstract TensorShape Infer(TensorShape input, LayerSite site);

    /// <summary>What it keeps, without the layers within it, in the order in which initial values are drawn. The input has passed <see cref="Infer"/>.</summary>
    internal virtual IReadOnlyList<WeightSpecification> Weights(TensorShape input, LayerSite site) => [];

    /// <summary>Makes the layer. The input has passed <see cref="Infer"/>.</summary>
    internal abstract LayerModule Build(TensorShape input, LayerSite site, LayerBuilder builder);

    /// <summary>Names of the layers of a sequence: their own, or their numbers.</summary>
    internal static IReadOnlyList<KeyValuePair<string, LayerDefinition>> NameAll(IReadOnlyList<LayerDefinition> layers)
        => [.. layers.Select((layer, i) => KeyValuePair.Create(layer.Name ?? i.ToString(CultureInfo.InvariantCulture), layer))];

    /// <summary>A sentence for a setting below its least value.</summary>
    internal static IEnumerable<string> Least(string setting, double value, double least)
        => value >= least ? [] : [FormattableString.Invariant($"Expected '{setting}' of at least {least}, but found {value}.")];

    /// <summary>A sentence for a setting that is no number.</summary>
    internal static IEnumerable<string> Finite(string setting, double value) => double.IsFinite(value) ? [] : [FormattableString.Invariant($"Expected a finite '{setting}', but found {value}.")];

    /// <summary>A sentence for a share outside 0 to 1, exclusive.</summary>
    internal static IEnumerable<string> Share(string setting, double value)
        => value is >= 0 and < 1 ? [] : [FormattableString.Invariant($"Expected '{setting}' of 0 to below 1, but found {value}.")];
}
