using TorchSharp;
using Tensor = TorchSharp.torch.Tensor;

namespace Mlp.Training.Networks.Layers;

/// <summary>Self-attention and a feed-forward part, each with a residual connection and a normalisation (Vaswani et al., 2017).</summary>
/// <param name="Heads">Number of heads; divides the size.</param>
/// <param name="FeedForward">Units of the feed-forward part.</param>
/// <param name="Dropout">Share of values left out while training.</param>
/// <param name="Function">Activation of the feed-forward part.</param>
/// <param name="NormFirst">Whether normalisation comes before each part instead of after.</param>
/// <param name="IsCausal">Whether a step sees only itself and earlier ones.</param>
/// <param name="Epsilon">Added to the variance of normalisations.</param>
internal sealed record TransformerEncoderLayer(int Heads, int FeedForward, double Dropout, Activation Function, bool NormFirst, bool IsCausal, double Epsilon) : LayerDefinition
{
    private protected override string KindName => "TransformerEncoderLayer";

    internal override IEnumerable<string> FindFailures()
        => [
            .. Least("heads", Heads, 1), .. Least("feedForward", FeedForward, 1), .. Share("dropout", Dropout),
            .. Epsilon is > 0 and < double.PositiveInfinity ? Array.Empty<string>() : [FormattableString.Invariant($"Expected an 'epsilon' above 0, but found {Epsilon}.")],
            .. Function is Activation.Relu or Activation.Gelu or Activation.GeluTanh or Activation.Silu or Activation.Mish or Activation.Tanh
                ? Array.Empty<string>()
                : [$"Expected an 'activation' of Relu, Gelu, GeluTanh, Silu, Mish or Tanh, but found {Function}."],
        ];

    internal override TensorShape Infer(TensorShape input, LayerSite site)
    {
        AttentionLayer.Require(input, site, Heads);
        return input;
    }

    internal override IReadOnlyList<WeightSpecification> Weights(TensorShape input, LayerSite site)
    {
        var size = input.Sizes[1];
        var (one, zero) = (WeightInitialisation.Constant(1), WeightInitialisation.Constant(0));
        return
        [
            .. SelfAttention.Weights(size, bias: true, "self_attn."),
            .. LinearModule.Weights(size, FeedForward, bias: true, "linear1."),
            .. LinearModule.Weights(FeedForward, size, bias: true, "linear2."),
            new("norm1.weight", [size], one), new("norm1.bias", [size], zero),
            new("norm2.weight", [size], one), new("norm2.bias", [size], zero),
        ];
    }

    internal override LayerModule Build(TensorShape input, LayerSite site, LayerBuilder builder)
    {
        var weights = builder.Make(site, Weights(input, site));
        return new TransformerEncoderModule(site, this, input, weights);
    }
}

internal sealed class TransformerEncoderModule(LayerSite site, TransformerEncoderLayer layer, TensorShape input, IReadOnlyDictionary<string, Tensor> weights) : LayerModule(site)
{
    private readonly long[] _shape = [input.Sizes[1]];
    private readonly SelfAttention _attention = new(input, layer.Heads, layer.Dropout, layer.IsCausal, weights, "self_attn.");

    public override string Write(LayerGraph graph, string x)
    {
        if (layer.NormFirst)
        {
            x = graph.Node("Add", [x, _attention.Write(graph, WriteNorm(graph, x, "norm1."))]);
            return graph.Node("Add", [x, WriteFeedForward(graph, WriteNorm(graph, x, "norm2."))]);
        }

        x = WriteNorm(graph, graph.Node("Add", [x, _attention.Write(graph, x)]), "norm1.");
        return WriteNorm(graph, graph.Node("Add", [x, WriteFeedForward(graph, x)]), "norm2.");
    }

    protected override Tensor Forward(Tensor x, ForwardPass pass)
    {
        if (layer.NormFirst)
        {
            x = x.add(pass.Drop(_attention.Forward(Norm(x, "norm1."), pass), layer.Dropout));
            return x.add(FeedForward(Norm(x, "norm2."), pass));
        }

        x = Norm(x.add(pass.Drop(_attention.Forward(x, pass), layer.Dropout)), "norm1.");
        return Norm(x.add(FeedForward(x, pass)), "norm2.");
    }

    private Tensor Norm(Tensor x, string name) => torch.nn.functional.layer_norm(x, _shape, weights[name + "weight"], weights[name + "bias"], layer.Epsilon);

    private Tensor FeedForward(Tensor x, ForwardPass pass)
    {
        var hidden = ActivationModule.Apply(torch.nn.functional.linear(x, weights["linear1.weight"], weights["linear1.bias"]), layer.Function);
        return pass.Drop(torch.nn.functional.linear(pass.Drop(hidden, layer.Dropout), weights["linear2.weight"], weights["linear2.bias"]), layer.Dropout);
    }

    private string WriteNorm(LayerGraph graph, string x, string name)
        => LayerNormModule.Write(graph, x, _shape, layer.Epsilon, weights[name + "weight"], weights[name + "bias"], name);

    private string WriteFeedForward(LayerGraph graph, string x)
    {
        var hidden = ActivationGraph.Write(graph, WriteLinear(graph, x, "linear1.", layer.FeedForward), layer.Function);
        return WriteLinear(graph, hidden, "linear2.", input.Sizes[1]);
    }

    private string WriteLinear(LayerGraph graph, string x, string name, int units)
        => graph.Linear(x, 2, LayerGraph.Floats(weights[name + "weight"]), units, LayerGraph.Floats(weights[name + "bias"]), name);
}
