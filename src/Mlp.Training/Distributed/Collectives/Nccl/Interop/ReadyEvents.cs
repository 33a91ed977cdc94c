using System.Runtime.InteropServices;

namespace Mlp.Training.Distributed.Collectives.Nccl.Interop;

/// <summary>Marks in the stream in which libtorch computes on a GPU, so that what travels waits for what it needs and for nothing that comes after. For one thread at a time.</summary>
/// <param name="cuda">The runtime.</param>
/// <param name="device">The GPU.</param>
internal sealed unsafe class ReadyEvents(CudaRuntime cuda, int device) : IDisposable
{
    // libtorch's C function for its current stream; without it the legacy stream is taken, in which libtorch computes unless it is told otherwise.
    private static readonly Lazy<nint> CurrentStream = new(() =>
        NativeLibrary.TryLoad(NativeFunctions.TorchCuda, out var library) && NativeLibrary.TryGetExport(library, "aoti_torch_get_current_cuda_stream", out var function) ? function : 0);

    private readonly List<nint> _events = [];

    /// <summary>Sets a mark behind what libtorch was given so far.</summary>
    /// <param name="index">Which mark, from 0; one that was set before is set anew.</param>
    /// <returns>The event.</returns>
    public nint Record(int index)
    {
        cuda.Use(device);
        while (_events.Count <= index)
        {
            _events.Add(cuda.NewEvent());
        }

        nint stream = 0;
        if (CurrentStream.Value != 0 && ((delegate* unmanaged<int, nint*, int>)CurrentStream.Value)(device, &stream) != 0)
        {
            stream = 0;
        }

        cuda.Record(_events[index], stream);
        return _events[index];
    }

    public void Dispose()
    {
        _events.ForEach(cuda.EndEvent);
        _events.Clear();
    }
}
