using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Mlp.Training.Distributed.Collectives.Nccl.Interop;

/// <summary>One rank's place on a GPU: a stream of its own beside libtorch's, so that values travel while it computes, and memory for values of the host. For one thread.</summary>
internal sealed unsafe class NcclPlace
{
    private readonly nint _before;
    private readonly nint _done;

    /// <summary>Takes a place.</summary>
    /// <param name="cuda">The runtime.</param>
    /// <param name="device">Number of the GPU among the visible ones.</param>
    public NcclPlace(CudaRuntime cuda, int device)
    {
        (Cuda, Device) = (cuda, device);
        cuda.Use(device);
        (Stream, _before, _done) = (cuda.NewStream(), cuda.NewEvent(), cuda.NewEvent());
        Staging = new(cuda, device, Stream);
    }

    /// <summary>The runtime.</summary>
    public CudaRuntime Cuda { get; }

    /// <summary>Number of the GPU among the visible ones.</summary>
    public int Device { get; }

    /// <summary>The stream.</summary>
    public nint Stream { get; }

    /// <summary>Where values of the host lie for the GPU.</summary>
    public StagingMemory Staging { get; }

    /// <summary>Whether the stream has come to the last mark.</summary>
    public bool IsDone => Cuda.HasHappened(_done);

    /// <summary>Where values lie in a GPU's memory; 0 for those of the host.</summary>
    public nint Find(ReadOnlySpan<byte> values)
    {
        // The address of memory of the host may change after this, but is not looked at again.
        var address = (nint)Unsafe.AsPointer(ref MemoryMarshal.GetReference(values));
        return values.Length > 0 && Cuda.IsOnDevice(address) ? address : 0;
    }

    /// <summary>Lets what the stream is given from here on wait until values in the GPU's memory are there.</summary>
    /// <param name="ready">The event; 0 for what the legacy stream has been given so far.</param>
    public void AwaitValues(nint ready)
    {
        if (ready == 0)
        {
            Cuda.Record(_before, 0);
        }

        Cuda.Await(Stream, ready == 0 ? _before : ready);
    }

    /// <summary>Marks what the stream was given so far.</summary>
    public void Mark() => Cuda.Record(_done, Stream);

    /// <summary>Gives the place back.</summary>
    public void Free()
    {
        Cuda.Use(Device);
        Staging.Free();
        Cuda.EndEvent(_before);
        Cuda.EndEvent(_done);
        Cuda.EndStream(Stream);
    }
}
