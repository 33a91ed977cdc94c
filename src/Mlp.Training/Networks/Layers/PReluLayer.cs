using TorchSharp;
using Tensor = TorchSharp.torch.Tensor;

namespace Mlp.Training.Networks.Layers;

/// <summary>x, or weight · x below 0, with a learned weight (He et al., 2015).</summary>
/// <param name="PerChannel">Whether each channel has a weight of its own.</param>
/// <param name="Initial">Where weights begin.</param>
internal sealed record PReluLayer(bool PerChannel, double Initial) : LayerDefinition
{
    private protected override string KindName => "PReLU";

    internal override IEnumerable<string> FindFailures() => Finite("initial", Initial);

    internal override TensorShape Infer(TensorShape input, LayerSite site)
    {
        site.RequireNumbers(input, 1, int.MaxValue, "(N, channels, ...)");
        return input;
    }

    internal override IReadOnlyList<WeightSpecification> Weights(TensorShape input, LayerSite site)
        => [new("weight", [PerChannel ? input.Sizes[0] : 1], WeightInitialisation.Constant((float)Initial))];

    internal override LayerModule Build(TensorShape input, LayerSite site, LayerBuilder builder) => new PReluModule(site, input.Rank, builder.Make(site, Weights(input, site))["weight"]);
}

internal sealed class PReluModule(LayerSite site, int rank, Tensor weight) : LayerModule(site)
{
    public override string Write(LayerGraph graph, string x)
        => graph.Node("PRelu", [x, graph.Constant("weight", LayerGraph.Floats(weight), [weight.shape[0], .. Enumerable.Repeat(1L, rank - 1)])]);

    protected override Tensor Forward(Tensor x, ForwardPass pass) => torch.nn.functional.prelu(x, weight);
}
