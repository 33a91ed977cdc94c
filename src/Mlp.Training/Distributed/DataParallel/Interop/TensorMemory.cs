using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Mlp.Training.Networks.Interop;
using Tensor = TorchSharp.torch.Tensor;

namespace Mlp.Training.Distributed.DataParallel.Interop;

/// <summary>The memory of a contiguous tensor on the processor, for calls that last longer than a span. The tensor must live as long.</summary>
/// <typeparam name="T">What the tensor holds.</typeparam>
internal sealed unsafe class TensorMemory<T> : MemoryManager<T>
    where T : unmanaged
{
    private readonly Tensor _tensor;
    private readonly T* _start;
    private readonly int _length;

    public TensorMemory(Tensor tensor)
    {
        var values = MemoryMarshal.Cast<byte, T>(tensor.bytes);
        (_tensor, _length) = (tensor, values.Length);
        _start = (T*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(values));
    }

    private TensorMemory(Tensor tensor, nint address)
    {
        (_tensor, _length) = (tensor, checked((int)tensor.numel()));
        _start = (T*)address;
    }

    /// <summary>Where it begins.</summary>
    public nint Address => (nint)_start;

    /// <summary>The memory of a tensor on a GPU: to be handed to a group that <see cref="Collectives.ProcessGroup.TakesDeviceMemory"/>, and read by nobody else.</summary>
    public static TensorMemory<T> OnDevice(Tensor tensor) => new(tensor, TorchAbi.AddressOf(tensor));

    public override Span<T> GetSpan() => new(_start, _length);

    public override MemoryHandle Pin(int elementIndex = 0) => new(_start + elementIndex, pinnable: this);

    public override void Unpin() => GC.KeepAlive(_tensor);

    protected override void Dispose(bool disposing)
    {
    }
}
