using TorchSharp;
using Tensor = TorchSharp.torch.Tensor;

namespace Mlp.Training.Networks.Devices;

/// <summary>Where a network and its batches lie while it trains. Immutable.</summary>
/// <param name="Gpu">Number of the GPU among those that are visible; null for the processor.</param>
/// <param name="IsHost">Whether this library reads and writes tensors there by itself. Tests say no for the processor, to go the way of a GPU.</param>
internal sealed record TrainingDevice(int? Gpu, bool IsHost)
{
    /// <summary>The processor.</summary>
    public static TrainingDevice Host { get; } = new(null, true);

    /// <summary>The processor, treated as if its memory were a GPU's.</summary>
    public static TrainingDevice Foreign { get; } = new(null, false);

    /// <summary>The device as TorchSharp names it.</summary>
    public torch.Device Torch => Gpu is { } number ? torch.device(DeviceType.CUDA, number) : torch.CPU;

    /// <summary>A tensor of the host, here. Belongs to the caller's scope.</summary>
    public Tensor Place(Tensor tensor) => Gpu is not null ? tensor.to(Torch, copy: false, disposeAfter: false, non_blocking: true) : IsHost ? tensor : tensor.clone();

    /// <summary>Memory of the host from which a copy to here costs least: page-locked for a GPU.</summary>
    /// <param name="tensor">A tensor of the host; belongs to the caller.</param>
    /// <returns>The same tensor, or another in its place, which lives until it is disposed of.</returns>
    public Tensor Pinned(Tensor tensor)
    {
        if (Gpu is null)
        {
            return tensor;
        }

        using (tensor)
        {
            return tensor.pin_memory().DetachFromDisposeScope();
        }
    }

    /// <summary>Lets somebody read and write the bytes of a tensor that lies here.</summary>
    /// <param name="tensor">A contiguous tensor.</param>
    /// <param name="visit">Gets the bytes: the tensor's own, or a copy that is brought back.</param>
    public void Visit(Tensor tensor, ByteVisitor visit)
    {
        if (IsHost)
        {
            visit(tensor.bytes);
            return;
        }

        using var scope = torch.NewDisposeScope();
        using var gradients = torch.no_grad();
        var copy = tensor.detach().clone().cpu();
        visit(copy.bytes);
        tensor.copy_(copy);
    }

    /// <summary>Copies the bytes of a tensor that lies here.</summary>
    public void Read(Tensor tensor, Span<byte> target)
    {
        if (IsHost)
        {
            tensor.bytes.CopyTo(target);
            return;
        }

        using var copy = tensor.detach().cpu();
        copy.bytes.CopyTo(target);
    }

    /// <summary>Gives a tensor that lies here other bytes.</summary>
    public void Write(ReadOnlySpan<byte> source, Tensor tensor)
    {
        if (IsHost)
        {
            source.CopyTo(tensor.bytes);
            return;
        }

        using var gradients = torch.no_grad();
        using var copy = torch.empty(tensor.shape, tensor.dtype, torch.CPU);
        source.CopyTo(copy.bytes);
        tensor.copy_(copy);
    }

    /// <summary>Takes bytes.</summary>
    internal delegate void ByteVisitor(Span<byte> bytes);
}
