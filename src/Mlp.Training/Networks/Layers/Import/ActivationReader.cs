using TorchSharp;
using TorchSharp.Modules;

namespace Mlp.Training.Networks.Layers.Import;

/// <summary>Turns TorchSharp's activations into layers.</summary>
internal static class ActivationReader
{
    /// <summary>The layer of a module; null where it is no activation.</summary>
    public static LayerDefinition? Read(torch.nn.Module module, string path) => module switch
    {
        Identity => Layer.Activation(Activation.Identity),
        ReLU => Layer.Relu(),
        ReLU6 => Layer.Activation(Activation.Relu6),
        LeakyReLU leaky => Layer.LeakyRelu(leaky.negative_slope),
        ELU elu => Layer.Elu(elu.alpha),
        CELU celu => Layer.Celu(celu.alpha),
        SELU => Layer.Activation(Activation.Selu),
        GELU gelu => Layer.Gelu(gelu.approximate == GELU.Approximate.tanh),
        SiLU => Layer.Silu(),
        Mish => Layer.Activation(Activation.Mish),
        Tanh => Layer.Tanh(),
        Sigmoid => Layer.Sigmoid(),
        Softsign => Layer.Activation(Activation.Softsign),
        Hardswish => Layer.Hardswish(),
        Hardsigmoid => Layer.Activation(Activation.Hardsigmoid),
        Softplus softplus => softplus.beta == 1
            ? Layer.Softplus()
            : throw ModuleReader.Refuse(path, "Softplus", FormattableString.Invariant($"its beta is {softplus.beta} and not 1")),
        Hardtanh hard => (hard.min_val, hard.max_val) == (-1, 1)
            ? Layer.Activation(Activation.Hardtanh)
            : throw ModuleReader.Refuse(path, "Hardtanh", FormattableString.Invariant($"it ends at {hard.min_val} and {hard.max_val}, not at -1 and 1")),
        _ => null,
    };
}
