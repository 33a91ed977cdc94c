using Mlp.Training.Networks.Interop;
using TorchSharp;
using Tensor = TorchSharp.torch.Tensor;

namespace Mlp.Training.Networks.Devices;

/// <summary>Moves the weights and buffers of a network between devices. Layers keep their tensors, which get other memory, as <c>Module.to</c> of PyTorch does it.</summary>
internal static class NetworkPlacement
{
    /// <summary>Moves.</summary>
    /// <param name="network">The network; its parameters have no gradients.</param>
    /// <param name="place">Gives what a tensor shall be; a tensor of its own.</param>
    public static void Move(TrainableNetwork network, Func<Tensor, Tensor> place)
    {
        using var scope = torch.NewDisposeScope();
        using var gradients = torch.no_grad();
        foreach (var tensor in network.Parameters.Select(p => (Tensor)p.Value).Concat(network.Buffers.Select(b => b.Value)))
        {
            TorchAbi.SetData(tensor, place(tensor.detach()));
        }
    }
}
