using Tensor = TorchSharp.torch.Tensor;

namespace Mlp.Training.Networks.Layers;

/// <summary>One part of the network's features, where branches take different ones: the dense numbers or the ids.</summary>
internal sealed record FeaturePartLayer(bool IsIds) : LayerDefinition
{
    private protected override string KindName => IsIds ? "IdInput" : "DenseInput";

    internal override TensorShape Infer(TensorShape input, LayerSite site)
    {
        RequireFeatures(input, site);
        if (IsIds)
        {
            return site.Ids.Count > 0 ? site.IdShape : throw site.Refuse("features that reach the network as ids, but found none");
        }

        return site.Width > 0 ? TensorShape.OfNumbers(site.Width) : throw site.Refuse("features that reach the network as numbers, but found none");
    }

    internal override LayerModule Build(TensorShape input, LayerSite site, LayerBuilder builder) => new FeaturePartModule(site, IsIds);

    /// <summary>Requires what a network starts with.</summary>
    public static void RequireFeatures(TensorShape input, LayerSite site)
    {
        if (!input.Equals(site.Input))
        {
            throw site.Refuse($"to come first, where the input is {site.Input}, but found {input}");
        }
    }
}

internal sealed class FeaturePartModule(LayerSite site, bool isIds) : LayerModule(site)
{
    public override string Write(LayerGraph graph, string x) => isIds ? graph.Inputs.Ids! : graph.Inputs.Dense!;

    protected override Tensor Forward(Tensor x, ForwardPass pass) => isIds ? pass.Ids! : pass.Dense!;
}
