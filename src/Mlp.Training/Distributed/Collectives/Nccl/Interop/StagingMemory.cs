namespace Mlp.Training.Distributed.Collectives.Nccl.Interop;

/// <summary>
/// Where values of the host lie for the GPU: page-locked memory of the host and as much of the GPU. A GPU never touches the caller's memory, so a call that is given up leaves nothing behind that writes there. For one thread.
/// </summary>
/// <param name="cuda">Copies.</param>
/// <param name="device">The GPU.</param>
/// <param name="stream">The stream in which copies stand in line.</param>
internal sealed unsafe class StagingMemory(CudaRuntime cuda, int device, nint stream)
{
    private const long Alignment = 256;
    private const long Smallest = 1 << 16;

    private nint _host;
    private nint _device;
    private long _length;

    /// <summary>A length rounded up, so that what follows begins where memory is read fastest.</summary>
    public static long Aligned(long bytes) => (bytes + Alignment - 1) / Alignment * Alignment;

    /// <summary>Makes room; what lay there is lost.</summary>
    public void Reserve(long bytes)
    {
        if (bytes <= _length)
        {
            return;
        }

        Free();
        var length = Math.Max(Smallest, Aligned(bytes + (bytes / 4)));
        cuda.Use(device);
        _host = cuda.AllocateHost(length);
        _device = cuda.Allocate(length);
        _length = length;
    }

    /// <summary>Where a place lies on the GPU.</summary>
    public nint DeviceAt(long offset) => _device + (nint)offset;

    /// <summary>Where a place lies on the host.</summary>
    public nint HostAt(long offset) => _host + (nint)offset;

    /// <summary>The bytes of a place on the host.</summary>
    public Span<byte> Host(long offset, int length) => new((void*)HostAt(offset), length);

    /// <summary>Puts values on the GPU.</summary>
    /// <returns>Where they lie there, once the stream has come so far.</returns>
    public nint Put(ReadOnlySpan<byte> values, long offset)
    {
        values.CopyTo(Host(offset, values.Length));
        Upload(offset, values.Length);
        return DeviceAt(offset);
    }

    /// <summary>Copies a place from host to GPU.</summary>
    public void Upload(long offset, long length) => cuda.Copy(DeviceAt(offset), HostAt(offset), length, stream);

    /// <summary>Copies a place from GPU to host.</summary>
    public void Download(long offset, long length) => cuda.Copy(HostAt(offset), DeviceAt(offset), length, stream);

    /// <summary>Frees the memory. The stream is done with it.</summary>
    public void Free()
    {
        if (_device != 0)
        {
            cuda.Use(device);
            cuda.Free(_device);
            _device = 0;
        }

        if (_host != 0)
        {
            cuda.FreeHost(_host);
            _host = 0;
        }

        _length = 0;
    }
}
