using Tensor = TorchSharp.torch.Tensor;

namespace Mlp.Training.Networks.Layers;

/// <summary>Multi-head self-attention over sequences of shape (N, steps, size) (Vaswani et al., 2017).</summary>
/// <param name="Heads">Number of heads; divides the size.</param>
/// <param name="Dropout">Share of attention left out while training.</param>
/// <param name="IsCausal">Whether a step sees only itself and earlier ones.</param>
/// <param name="Bias">Whether the projections have biases.</param>
internal sealed record AttentionLayer(int Heads, double Dropout, bool IsCausal, bool Bias) : LayerDefinition
{
    private protected override string KindName => "MultiheadAttention";

    internal override IEnumerable<string> FindFailures() => [.. Least("heads", Heads, 1), .. Share("dropout", Dropout)];

    internal override TensorShape Infer(TensorShape input, LayerSite site)
    {
        Require(input, site, Heads);
        return input;
    }

    internal override IReadOnlyList<WeightSpecification> Weights(TensorShape input, LayerSite site) => SelfAttention.Weights(input.Sizes[1], Bias, string.Empty);

    internal override LayerModule Build(TensorShape input, LayerSite site, LayerBuilder builder)
        => new AttentionModule(site, new SelfAttention(input, Heads, Dropout, IsCausal, builder.Make(site, Weights(input, site)), string.Empty));

    public static void Require(TensorShape input, LayerSite site, int heads)
    {
        site.RequireNumbers(input, 2, 2, "(N, steps, size)");
        if (input.Sizes[1] % heads != 0)
        {
            throw site.Refuse(FormattableString.Invariant($"a size that is a multiple of {heads} heads, but found {input}"));
        }
    }
}

internal sealed class AttentionModule(LayerSite site, SelfAttention attention) : LayerModule(site)
{
    public override string Write(LayerGraph graph, string x) => attention.Write(graph, x);

    protected override Tensor Forward(Tensor x, ForwardPass pass) => attention.Forward(x, pass);
}
