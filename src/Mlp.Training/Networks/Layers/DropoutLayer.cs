using Tensor = TorchSharp.torch.Tensor;

namespace Mlp.Training.Networks.Layers;

/// <summary>Leaves values out at random while training (Srivastava et al., 2014).</summary>
internal sealed record DropoutLayer(double Rate) : LayerDefinition
{
    private protected override string KindName => "Dropout";

    internal override IEnumerable<string> FindFailures() => Share("rate", Rate);

    internal override TensorShape Infer(TensorShape input, LayerSite site)
    {
        site.RequireNumbers(input, 0, int.MaxValue, "numbers");
        return input;
    }

    internal override LayerModule Build(TensorShape input, LayerSite site, LayerBuilder builder) => new DropoutModule(site, Rate);
}

internal sealed class DropoutModule(LayerSite site, double rate) : LayerModule(site)
{
    public override bool IsNothingInService => true;

    public override string Write(LayerGraph graph, string x) => x;

    protected override Tensor Forward(Tensor x, ForwardPass pass) => pass.Drop(x, rate);
}
