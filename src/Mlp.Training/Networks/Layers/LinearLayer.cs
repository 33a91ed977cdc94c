using TorchSharp;
using Tensor = TorchSharp.torch.Tensor;

namespace Mlp.Training.Networks.Layers;

/// <summary>y = x · Wᵀ + b over the last dimension.</summary>
internal sealed record LinearLayer(int Units, bool Bias) : LayerDefinition
{
    private protected override string KindName => "Linear";

    internal override IEnumerable<string> FindFailures() => Least("units", Units, 1);

    internal override TensorShape Infer(TensorShape input, LayerSite site)
    {
        site.RequireNumbers(input, 1, int.MaxValue, "(N, ..., inputs)");
        return TensorShape.OfNumbers([.. input.Sizes.SkipLast(1), Units]);
    }

    internal override IReadOnlyList<WeightSpecification> Weights(TensorShape input, LayerSite site) => LinearModule.Weights(input.Sizes[^1], Units, Bias);

    internal override LayerModule Build(TensorShape input, LayerSite site, LayerBuilder builder)
        => new LinearModule(site, input.Rank, builder.Make(site, Weights(input, site)));
}

/// <summary>The last layer of most networks: a linear one with as many units as the task has outputs.</summary>
internal sealed record OutputLayer(bool Bias) : LayerDefinition
{
    private protected override string KindName => "Output";

    internal override TensorShape Infer(TensorShape input, LayerSite site)
    {
        site.RequireNumbers(input, 1, 1, "(N, inputs)");
        return TensorShape.OfNumbers(site.Outputs);
    }

    internal override IReadOnlyList<WeightSpecification> Weights(TensorShape input, LayerSite site) => LinearModule.Weights(input.Sizes[0], site.Outputs, Bias);

    internal override LayerModule Build(TensorShape input, LayerSite site, LayerBuilder builder)
        => new LinearModule(site, input.Rank, builder.Make(site, Weights(input, site)));
}

internal sealed class LinearModule(LayerSite site, int rank, IReadOnlyDictionary<string, Tensor> weights) : LayerModule(site), IFoldable
{
    private readonly Tensor _weight = weights["weight"];
    private readonly Tensor? _bias = weights.GetValueOrDefault("bias");

    public bool CanFold => rank == 1;

    /// <summary>Uniform within ±1/√inputs, as torch.nn.Linear begins.</summary>
    public static IReadOnlyList<WeightSpecification> Weights(int inputs, int units, bool bias, string prefix = "")
    {
        var initialisation = WeightInitialisation.Uniform(1 / Math.Sqrt(inputs));
        var weight = new WeightSpecification(prefix + "weight", [units, inputs], initialisation);
        return bias ? [weight, new(prefix + "bias", [units], initialisation)] : [weight];
    }

    public override string Write(LayerGraph graph, string x) => graph.Linear(x, rank, LayerGraph.Floats(_weight), (int)_weight.shape[0], LayerGraph.Floats(_bias));

    public string WriteFolded(LayerGraph graph, string x, BatchNormModule norm)
    {
        var (weight, bias) = norm.Fold(LayerGraph.Floats(_weight), LayerGraph.Floats(_bias));
        return graph.Linear(x, rank, weight, bias.Length, bias);
    }

    protected override Tensor Forward(Tensor x, ForwardPass pass) => torch.nn.functional.linear(x, _weight, _bias);
}
