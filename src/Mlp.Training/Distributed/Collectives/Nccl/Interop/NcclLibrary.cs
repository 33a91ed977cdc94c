using System.Globalization;
using System.Runtime.InteropServices;

namespace Mlp.Training.Distributed.Collectives.Nccl.Interop;

/// <summary>The functions of NCCL (nccl.h of 2.10 to 2.30). Thread-safe.</summary>
internal sealed unsafe class NcclLibrary
{
    /// <summary>The first version that has averages and bfloat16, 2.10.3.</summary>
    public const int MinimumVersion = 21003;

    // Below 2.9 a version was a thousand times the major number and so on, from there on ten thousand times.
    private const int FirstLongVersion = 10000;
    private const int NextMajorVersion = 30000;

    private readonly delegate* unmanaged<int, byte*> _getErrorString;
    private readonly delegate* unmanaged<nint, byte*> _getLastError;

    private NcclLibrary(NativeFunctions functions, int version)
    {
        (Path, Version) = (functions.Path, version);
        _getErrorString = (delegate* unmanaged<int, byte*>)functions.Find("ncclGetErrorString");
        _getLastError = (delegate* unmanaged<nint, byte*>)functions.Find("ncclGetLastError");
        GetUniqueId = (delegate* unmanaged<NcclUniqueId*, int>)functions.Find("ncclGetUniqueId");
        CommInitRank = (delegate* unmanaged<nint*, int, NcclUniqueId, int, int>)functions.Find("ncclCommInitRank");
        CommInitAll = (delegate* unmanaged<nint*, int, int*, int>)functions.Find("ncclCommInitAll");
        CommDestroy = (delegate* unmanaged<nint, int>)functions.Find("ncclCommDestroy");
        CommAbort = (delegate* unmanaged<nint, int>)functions.Find("ncclCommAbort");
        CommGetAsyncError = (delegate* unmanaged<nint, int*, int>)functions.Find("ncclCommGetAsyncError");
        AllReduce = (delegate* unmanaged<nint, nint, nuint, int, int, nint, nint, int>)functions.Find("ncclAllReduce");
        ReduceScatter = (delegate* unmanaged<nint, nint, nuint, int, int, nint, nint, int>)functions.Find("ncclReduceScatter");
        AllGather = (delegate* unmanaged<nint, nint, nuint, int, nint, nint, int>)functions.Find("ncclAllGather");
        Broadcast = (delegate* unmanaged<nint, nint, nuint, int, int, nint, nint, int>)functions.Find("ncclBroadcast");
        Reduce = (delegate* unmanaged<nint, nint, nuint, int, int, int, nint, nint, int>)functions.Find("ncclReduce");
        Send = (delegate* unmanaged<nint, nuint, int, int, nint, nint, int>)functions.Find("ncclSend");
        Receive = (delegate* unmanaged<nint, nuint, int, int, nint, nint, int>)functions.Find("ncclRecv");
        GroupStart = (delegate* unmanaged<int>)functions.Find("ncclGroupStart");
        GroupEnd = (delegate* unmanaged<int>)functions.Find("ncclGroupEnd");
    }

    /// <summary>What the library was found as.</summary>
    public string Path { get; }

    /// <summary>Its version as NCCL counts, for example 22105 for 2.21.5.</summary>
    public int Version { get; }

    public delegate* unmanaged<NcclUniqueId*, int> GetUniqueId { get; }

    public delegate* unmanaged<nint*, int, NcclUniqueId, int, int> CommInitRank { get; }

    public delegate* unmanaged<nint*, int, int*, int> CommInitAll { get; }

    public delegate* unmanaged<nint, int> CommDestroy { get; }

    public delegate* unmanaged<nint, int> CommAbort { get; }

    public delegate* unmanaged<nint, int*, int> CommGetAsyncError { get; }

    public delegate* unmanaged<nint, nint, nuint, int, int, nint, nint, int> AllReduce { get; }

    public delegate* unmanaged<nint, nint, nuint, int, int, nint, nint, int> ReduceScatter { get; }

    public delegate* unmanaged<nint, nint, nuint, int, nint, nint, int> AllGather { get; }

    public delegate* unmanaged<nint, nint, nuint, int, int, nint, nint, int> Broadcast { get; }

    public delegate* unmanaged<nint, nint, nuint, int, int, int, nint, nint, int> Reduce { get; }

    public delegate* unmanaged<nint, nuint, int, int, nint, nint, int> Send { get; }

    public delegate* unmanaged<nint, nuint, int, int, nint, nint, int> Receive { get; }

    public delegate* unmanaged<int> GroupStart { get; }

    public delegate* unmanaged<int> GroupEnd { get; }

    /// <summary>Finds NCCL.</summary>
    /// <param name="path">Its file; null for the usual places.</param>
    /// <exception cref="GpuUnavailableException">There is none, or one of another version.</exception>
    public static NcclLibrary Load(string? path)
    {
        var functions = NativeFunctions.Open("an NCCL library", path is null ? ["libnccl.so.2", "libnccl.so", NativeFunctions.TorchCuda] : [path], "ncclGetVersion");
        int version;
        var result = ((delegate* unmanaged<int*, int>)functions.Find("ncclGetVersion"))(&version);
        return result == 0 && version is >= MinimumVersion and < NextMajorVersion
            ? new(functions, version)
            : throw new GpuUnavailableException($"Expected NCCL 2.10.3 or a newer 2.x, but '{functions.Path}' is {(result == 0 ? Text(version) : "of a version that it does not tell")}.");
    }

    /// <summary>"2.21.5".</summary>
    public static string Text(int version)
    {
        var unit = version < FirstLongVersion ? 1000 : FirstLongVersion;
        return string.Create(CultureInfo.InvariantCulture, $"{version / unit}.{version % unit / 100}.{version % 100}");
    }

    /// <summary>Throws where a function has refused.</summary>
    /// <param name="result">What it returned.</param>
    /// <param name="function">Its name.</param>
    /// <exception cref="NativeCallException">It has.</exception>
    public void Check(int result, string function)
    {
        if (result != 0)
        {
            throw new NativeCallException(Describe(result, function));
        }
    }

    /// <summary>What a function's result says, as the end of a sentence.</summary>
    public string Describe(int result, string function)
    {
        var last = Marshal.PtrToStringUTF8((nint)_getLastError(0))?.Trim();
        return string.Create(
            CultureInfo.InvariantCulture,
            $"NCCL {Text(Version)} reported '{Marshal.PtrToStringUTF8((nint)_getErrorString(result))}' ({result}) in {function}{(string.IsNullOrEmpty(last) ? "" : $": {last}")}");
    }
}
