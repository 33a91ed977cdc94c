using System.Runtime.InteropServices;
using Mlp.Training.Distributed.DataParallel;
using TorchSharp;
using Tensor = TorchSharp.torch.Tensor;

namespace Mlp.Training.Networks.Layers;

/// <summary>What one forward pass gives to every layer.</summary>
/// <param name="IsTraining">Whether batch statistics and dropout are at work.</param>
/// <param name="Dense">Dense inputs of the network; null where there are none.</param>
/// <param name="Ids">Id columns of the network; null where there are none.</param>
/// <param name="Random">Draws dropout.</param>
/// <param name="Observe">Told of each layer's name and output; null for nobody.</param>
/// <param name="Statistics">Batch statistics of all replicas; null where a batch has its own.</param>
internal sealed record ForwardPass(bool IsTraining, Tensor? Dense, Tensor? Ids, SeededRandom Random, Action<string, Tensor>? Observe, SharedStatistics? Statistics = null)
{
    /// <summary>Dropout: values become 0 with the probability rate, the others grow by 1 / (1 − rate). Does nothing in service.</summary>
    public Tensor Drop(Tensor x, double rate)
    {
        if (!IsTraining || rate == 0)
        {
            return x;
        }

        var mask = torch.empty(x.shape, torch.float32, torch.CPU);
        Random.FillDropoutMask(MemoryMarshal.Cast<byte, float>(mask.bytes), rate);
        mask = x.device_type == DeviceType.CPU ? mask : mask.to(x.device);
        return x.mul(x.dtype == torch.float32 ? mask : mask.to_type(x.dtype));
    }
}
