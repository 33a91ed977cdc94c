using Mlp.Training.Networks.Layers;
using TorchSharp;
using Tensor = TorchSharp.torch.Tensor;

namespace Mlp.Training.Networks;

/// <summary>Finds out where a training left the numbers, after the fact.</summary>
internal static class DivergenceSearch
{
    /// <summary>Runs a batch once more and looks at the output of every layer.</summary>
    /// <param name="network">The network, in training, with the weights that it had.</param>
    /// <param name="batch">The batch whose loss is no number.</param>
    /// <param name="precision">The type that layers computed in.</param>
    /// <returns>The phase, and the layer of a forward pass.</returns>
    public static (DivergencePhase Phase, string? Layer) FindInForward(TrainableNetwork network, TrainingBatch batch, NetworkPrecision precision)
    {
        if (network is LayeredNetwork layered)
        {
            // Other replicas do not take part in this pass.
            layered.Statistics = null;
        }

        using var scope = torch.NewDisposeScope();
        using var gradients = torch.no_grad();
        if (batch.Dense is { } dense && !IsFinite(dense))
        {
            return (DivergencePhase.Input, null);
        }

        string? first = null;
        MixedPrecision.Forward(network, batch, precision, (layer, output) => first ??= IsFinite(output) ? null : layer);
        return first is null ? (DivergencePhase.Loss, null) : (DivergencePhase.Forward, first);
    }

    private static bool IsFinite(Tensor tensor) => tensor.isfinite().all().item<bool>();
}
