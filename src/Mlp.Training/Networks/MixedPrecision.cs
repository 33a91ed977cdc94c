using Mlp.Training.Networks.Interop;
using TorchSharp;
using Tensor = TorchSharp.torch.Tensor;

namespace Mlp.Training.Networks;

/// <summary>A forward pass in the precision that was asked for.</summary>
internal static class MixedPrecision
{
    /// <summary>Runs a batch.</summary>
    /// <param name="network">The network.</param>
    /// <param name="batch">The batch.</param>
    /// <param name="precision">The type that layers compute in.</param>
    /// <param name="observe">Told of each layer's name and output; null for nobody.</param>
    /// <returns>Shape (rows, outputs), float32 in any precision.</returns>
    public static Tensor Forward(TrainableNetwork network, TrainingBatch batch, NetworkPrecision precision, Action<string, Tensor>? observe = null)
    {
        if (precision == NetworkPrecision.Float32)
        {
            return network.Forward(batch.Dense, batch.Ids, observe);
        }

        Autocast.Enter(precision, batch.Device.Gpu is not null);
        try
        {
            return network.Forward(batch.Dense, batch.Ids, observe).to(torch.float32);
        }
        finally
        {
            Autocast.Exit();
        }
    }

    /// <summary>Checks that this libtorch can.</summary>
    /// <exception cref="PlatformNotSupportedException">It cannot.</exception>
    public static void ThrowIfUnsupported(NetworkPrecision precision)
    {
        if (precision != NetworkPrecision.Float32 && !Autocast.IsAvailable)
        {
            throw new PlatformNotSupportedException(
                $"Expected libtorch 2.10 on Linux x64 to train in {precision}, but found another: train in {NetworkPrecision.Float32}.");
        }
    }
}
