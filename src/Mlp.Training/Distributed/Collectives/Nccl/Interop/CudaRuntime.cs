using System.Globalization;
using System.Runtime.InteropServices;

namespace Mlp.Training.Distributed.Collectives.Nccl.Interop;

/// <summary>The functions of the CUDA runtime that groups of GPUs need. The current GPU is each thread's own. Thread-safe.</summary>
internal sealed unsafe class CudaRuntime
{
    private const int NotReady = 600;
    private const int NonBlocking = 1;
    private const int WithoutTiming = 2;
    private const int DefaultCopy = 4;
    private const int DeviceMemory = 2;
    private const int ManagedMemory = 3;
    private const int AttributesLength = 256;
    private const int BusIdLength = 64;

    private readonly delegate* unmanaged<int, byte*> _getErrorString;
    private readonly delegate* unmanaged<int> _getLastError;
    private readonly delegate* unmanaged<int*, int> _getDeviceCount;
    private readonly delegate* unmanaged<int, int> _setDevice;
    private readonly delegate* unmanaged<byte*, int, int, int> _getBusId;
    private readonly delegate* unmanaged<nint*, nuint, int> _malloc;
    private readonly delegate* unmanaged<nint, int> _free;
    private readonly delegate* unmanaged<nint*, nuint, uint, int> _hostAlloc;
    private readonly delegate* unmanaged<nint, int> _freeHost;
    private readonly delegate* unmanaged<nint*, uint, int> _streamCreate;
    private readonly delegate* unmanaged<nint, int> _streamDestroy;
    private readonly delegate* unmanaged<nint, nint, uint, int> _streamWaitEvent;
    private readonly delegate* unmanaged<nint*, uint, int> _eventCreate;
    private readonly delegate* unmanaged<nint, int> _eventDestroy;
    private readonly delegate* unmanaged<nint, nint, int> _eventRecord;
    private readonly delegate* unmanaged<nint, int> _eventQuery;
    private readonly delegate* unmanaged<nint, nint, nuint, int, nint, int> _copy;
    private readonly delegate* unmanaged<byte*, nint, int> _getAttributes;

    private CudaRuntime(NativeFunctions functions)
    {
        _getErrorString = (delegate* unmanaged<int, byte*>)functions.Find("cudaGetErrorString");
        _getLastError = (delegate* unmanaged<int>)functions.Find("cudaGetLastError");
        _getDeviceCount = (delegate* unmanaged<int*, int>)functions.Find("cudaGetDeviceCount");
        _setDevice = (delegate* unmanaged<int, int>)functions.Find("cudaSetDevice");
        _getBusId = (delegate* unmanaged<byte*, int, int, int>)functions.Find("cudaDeviceGetPCIBusId");
        _malloc = (delegate* unmanaged<nint*, nuint, int>)functions.Find("cudaMalloc");
        _free = (delegate* unmanaged<nint, int>)functions.Find("cudaFree");
        _hostAlloc = (delegate* unmanaged<nint*, nuint, uint, int>)functions.Find("cudaHostAlloc");
        _freeHost = (delegate* unmanaged<nint, int>)functions.Find("cudaFreeHost");
        _streamCreate = (delegate* unmanaged<nint*, uint, int>)functions.Find("cudaStreamCreateWithFlags");
        _streamDestroy = (delegate* unmanaged<nint, int>)functions.Find("cudaStreamDestroy");
        _streamWaitEvent = (delegate* unmanaged<nint, nint, uint, int>)functions.Find("cudaStreamWaitEvent");
        _eventCreate = (delegate* unmanaged<nint*, uint, int>)functions.Find("cudaEventCreateWithFlags");
        _eventDestroy = (delegate* unmanaged<nint, int>)functions.Find("cudaEventDestroy");
        _eventRecord = (delegate* unmanaged<nint, nint, int>)functions.Find("cudaEventRecord");
        _eventQuery = (delegate* unmanaged<nint, int>)functions.Find("cudaEventQuery");
        _copy = (delegate* unmanaged<nint, nint, nuint, int, nint, int>)functions.Find("cudaMemcpyAsync");
        _getAttributes = (delegate* unmanaged<byte*, nint, int>)functions.Find("cudaPointerGetAttributes");
    }

    /// <summary>Finds the runtime.</summary>
    /// <param name="path">Its file; null for the usual places.</param>
    /// <exception cref="GpuUnavailableException">There is none.</exception>
    public static CudaRuntime Load(string? path) => new(NativeFunctions.Open(
        "a CUDA runtime library",
        path is null ? [NativeFunctions.TorchCuda, "libcudart.so.13", "libcudart.so.12", "libcudart.so"] : [path],
        "cudaGetDeviceCount"));

    /// <summary>GPUs that this process sees; 0 without a driver.</summary>
    public int CountDevices()
    {
        int count;
        var result = _getDeviceCount(&count);
        if (result != 0)
        {
            // A refusal stays until it is asked for, and would be taken for that of another call.
            _ = _getLastError();
        }

        return result == 0 ? count : 0;
    }

    /// <summary>Makes a GPU that of the thread that calls.</summary>
    public void Use(int device) => Check(_setDevice(device), "cudaSetDevice");

    /// <summary>What tells a GPU from the others of its host: "0000:3b:00.0".</summary>
    public string BusId(int device)
    {
        var text = stackalloc byte[BusIdLength];
        Check(_getBusId(text, BusIdLength, device), "cudaDeviceGetPCIBusId");
        return Marshal.PtrToStringUTF8((nint)text)!;
    }

    /// <summary>Memory of the thread's GPU.</summary>
    public nint Allocate(long bytes)
    {
        nint address;
        Check(_malloc(&address, (nuint)bytes), "cudaMalloc");
        return address;
    }

    /// <summary>Frees it.</summary>
    public void Free(nint address) => Check(_free(address), "cudaFree");

    /// <summary>Page-locked memory of the host, which a GPU reads and writes at full speed and without the processor.</summary>
    public nint AllocateHost(long bytes)
    {
        nint address;
        Check(_hostAlloc(&address, (nuint)bytes, 0), "cudaHostAlloc");
        return address;
    }

    /// <summary>Frees it.</summary>
    public void FreeHost(nint address) => Check(_freeHost(address), "cudaFreeHost");

    /// <summary>A stream of the thread's GPU that does not wait for the legacy stream, in which libtorch computes.</summary>
    public nint NewStream()
    {
        nint stream;
        Check(_streamCreate(&stream, NonBlocking), "cudaStreamCreateWithFlags");
        return stream;
    }

    /// <summary>Ends a stream when its work is done.</summary>
    public void EndStream(nint stream) => Check(_streamDestroy(stream), "cudaStreamDestroy");

    /// <summary>An event of the thread's GPU.</summary>
    public nint NewEvent()
    {
        nint made;
        Check(_eventCreate(&made, WithoutTiming), "cudaEventCreateWithFlags");
        return made;
    }

    /// <summary>Ends an event.</summary>
    public void EndEvent(nint ended) => Check(_eventDestroy(ended), "cudaEventDestroy");

    /// <summary>Lets an event happen when the stream has done what it was given so far.</summary>
    public void Record(nint recorded, nint stream) => Check(_eventRecord(recorded, stream), "cudaEventRecord");

    /// <summary>Lets what a stream is given from here on wait for an event.</summary>
    public void Await(nint stream, nint awaited) => Check(_streamWaitEvent(stream, awaited, 0), "cudaStreamWaitEvent");

    /// <summary>Whether an event has happened.</summary>
    /// <exception cref="NativeCallException">What was to happen before it has failed.</exception>
    public bool HasHappened(nint asked)
    {
        var result = _eventQuery(asked);
        if (result == NotReady)
        {
            return false;
        }

        Check(result, "cudaEventQuery");
        return true;
    }

    /// <summary>Lets a stream copy, from and to memory of either side.</summary>
    public void Copy(nint target, nint source, long bytes, nint stream) => Check(_copy(target, source, (nuint)bytes, DefaultCopy, stream), "cudaMemcpyAsync");

    /// <summary>Whether an address is of a GPU's memory.</summary>
    public bool IsOnDevice(nint address)
    {
        // The type stands first; what follows has grown from version to version.
        var attributes = stackalloc byte[AttributesLength];
        if (_getAttributes(attributes, address) != 0)
        {
            _ = _getLastError();
            return false;
        }

        return *(int*)attributes is DeviceMemory or ManagedMemory;
    }

    private void Check(int result, string function)
    {
        if (result != 0)
        {
            _ = _getLastError();
            var text = Marshal.PtrToStringUTF8((nint)_getErrorString(result));
            throw new NativeCallException(string.Create(CultureInfo.InvariantCulture, $"CUDA reported '{text}' ({result}) in {function}"));
        }
    }
}
