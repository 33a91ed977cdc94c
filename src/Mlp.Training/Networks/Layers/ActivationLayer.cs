using TorchSharp;
using Tensor = TorchSharp.torch.Tensor;

namespace Mlp.Training.Networks.Layers;

/// <summary>A function of each number on its own.</summary>
/// <param name="Function">Which.</param>
/// <param name="Parameter">Slope or alpha; 0 for a function without.</param>
internal sealed record ActivationLayer(Activation Function, double Parameter) : LayerDefinition
{
    private protected override string KindName => Function.ToString();

    internal override IEnumerable<string> FindFailures()
        => [
            .. Enum.IsDefined(Function) ? Array.Empty<string>() : ["Expected a known activation, but found another."],
            .. Finite("parameter", Parameter),
            .. Function is Activation.Elu or Activation.Celu && Parameter <= 0 ? [FormattableString.Invariant($"Expected an 'alpha' above 0, but found {Parameter}.")] : Array.Empty<string>(),
        ];

    internal override TensorShape Infer(TensorShape input, LayerSite site)
    {
        site.RequireNumbers(input, 0, int.MaxValue, "numbers");
        return input;
    }

    internal override LayerModule Build(TensorShape input, LayerSite site, LayerBuilder builder) => new ActivationModule(site, this);
}

internal sealed class ActivationModule(LayerSite site, ActivationLayer layer) : LayerModule(site)
{
    public override bool IsNothingInService => layer.Function == Activation.Identity;

    public override string Write(LayerGraph graph, string x) => ActivationGraph.Write(graph, x, layer.Function, (float)layer.Parameter);

    public static Tensor Apply(Tensor x, Activation function, double parameter = 0) => function switch
    {
        Activation.Identity => x,
        Activation.Relu => x.relu(),
        Activation.Relu6 => x.clamp(0, 6),
        Activation.LeakyRelu => torch.nn.functional.leaky_relu(x, parameter),
        Activation.Elu => torch.nn.functional.elu(x, parameter),
        Activation.Selu => torch.nn.functional.selu(x),
        Activation.Celu => torch.nn.functional.celu(x, parameter),
        Activation.Gelu => torch.nn.functional.gelu(x),
        Activation.GeluTanh => torch.nn.functional.gelu(x, TorchSharp.Modules.GELU.Approximate.tanh),
        Activation.Silu => torch.nn.functional.silu(x),
        Activation.Mish => torch.nn.functional.mish(x),
        Activation.Tanh => x.tanh(),
        Activation.Sigmoid => x.sigmoid(),
        Activation.Softplus => torch.nn.functional.softplus(x),
        Activation.Softsign => torch.nn.functional.softsign(x),
        Activation.Hardswish => torch.nn.functional.hardswish(x),
        Activation.Hardsigmoid => torch.nn.functional.hardsigmoid(x),
        Activation.Hardtanh => x.clamp(-1, 1),
        _ => throw new InvalidOperationException($"Expected a known activation, but found {function}."),
    };

    protected override Tensor Forward(Tensor x, ForwardPass pass) => Apply(x, layer.Function, layer.Parameter);
}
