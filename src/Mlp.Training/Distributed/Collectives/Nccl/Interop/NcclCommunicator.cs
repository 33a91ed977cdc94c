namespace Mlp.Training.Distributed.Collectives.Nccl.Interop;

/// <summary>
/// One rank's end of an NCCL communicator. One thread starts operations; <see cref="Abort"/> comes from any, also while an operation is being started, which NCCL may do by waiting for other ranks.
/// </summary>
internal sealed unsafe class NcclCommunicator
{
    private const int Uint8 = 1;
    private const int InProgress = 7;

    private readonly NcclLibrary _library;
    private readonly Lock _gate = new();
    private readonly nint _handle;
    private bool _isEnded;

    private NcclCommunicator(NcclLibrary library, nint handle) => (_library, _handle) = (library, handle);

    /// <summary>Whether it has been ended: what the GPU has done since counts for nothing.</summary>
    public bool HasEnded
    {
        get
        {
            lock (_gate)
            {
                return _isEnded;
            }
        }
    }

    /// <summary>An id for a new communicator.</summary>
    public static NcclUniqueId NewId(NcclLibrary library)
    {
        NcclUniqueId id;
        library.Check(library.GetUniqueId(&id), "ncclGetUniqueId");
        return id;
    }

    /// <summary>Joins a communicator, on the GPU of the thread that calls. Waits for all ranks, without a limit.</summary>
    public static NcclCommunicator Join(NcclLibrary library, NcclUniqueId id, int rank, int worldSize)
    {
        nint handle;
        library.Check(library.CommInitRank(&handle, worldSize, id, rank), "ncclCommInitRank");
        return new(library, handle);
    }

    /// <summary>Makes a communicator of GPUs of this process.</summary>
    /// <returns>The ends, in the order of the GPUs.</returns>
    public static NcclCommunicator[] CreateAll(NcclLibrary library, ReadOnlySpan<int> devices)
    {
        var handles = new nint[devices.Length];
        fixed (nint* first = handles)
        fixed (int* list = devices)
        {
            library.Check(library.CommInitAll(first, devices.Length, list), "ncclCommInitAll");
        }

        return Array.ConvertAll(handles, h => new NcclCommunicator(library, h));
    }

    /// <summary>What has gone wrong beside the calls; null for nothing.</summary>
    public string? FindError()
    {
        lock (_gate)
        {
            if (_isEnded)
            {
                return null;
            }

            int error;
            var result = _library.CommGetAsyncError(_handle, &error);
            return result != 0 ? _library.Describe(result, "ncclCommGetAsyncError")
                : error is not (0 or InProgress) ? _library.Describe(error, "an operation under way")
                : null;
        }
    }

    /// <summary>Ends operations under way, on this rank, and frees the end. Later calls do nothing.</summary>
    public void Abort() => End(_library.CommAbort);

    /// <summary>Frees the end when its operations are done. May wait for other ranks, without a limit.</summary>
    public void Destroy() => End(_library.CommDestroy);

    /// <summary>Operations that NCCL starts together, when this ends.</summary>
    public Operations Together()
    {
        Check(_library.GroupStart(), "ncclGroupStart");
        return new(_library);
    }

    public void AllReduce(nint source, nint target, long count, ElementType element, ReduceOperation operation, nint stream)
        => Check(_library.AllReduce(source, target, (nuint)count, Type(element), Operation(operation), Handle(), stream), "ncclAllReduce");

    public void ReduceScatter(nint source, nint target, long partCount, ElementType element, ReduceOperation operation, nint stream)
        => Check(_library.ReduceScatter(source, target, (nuint)partCount, Type(element), Operation(operation), Handle(), stream), "ncclReduceScatter");

    public void Reduce(nint source, nint target, long count, ElementType element, ReduceOperation operation, int root, nint stream)
        => Check(_library.Reduce(source, target, (nuint)count, Type(element), Operation(operation), root, Handle(), stream), "ncclReduce");

    public void AllGather(nint source, nint target, long partBytes, nint stream)
        => Check(_library.AllGather(source, target, (nuint)partBytes, Uint8, Handle(), stream), "ncclAllGather");

    public void Broadcast(nint source, nint target, long bytes, int root, nint stream)
        => Check(_library.Broadcast(source, target, (nuint)bytes, Uint8, root, Handle(), stream), "ncclBroadcast");

    public void Send(nint source, long bytes, int rank, nint stream) => Check(_library.Send(source, (nuint)bytes, Uint8, rank, Handle(), stream), "ncclSend");

    public void Receive(nint target, long bytes, int rank, nint stream) => Check(_library.Receive(target, (nuint)bytes, Uint8, rank, Handle(), stream), "ncclRecv");

    private static int Type(ElementType element) => element switch
    {
        ElementType.Int32 => 2,
        ElementType.Int64 => 4,
        ElementType.Float16 => 6,
        ElementType.Float32 => 7,
        ElementType.Float64 => 8,
        ElementType.BFloat16 => 9,
        _ => Uint8,
    };

    private static int Operation(ReduceOperation operation) => operation switch
    {
        ReduceOperation.Sum => 0,
        ReduceOperation.Product => 1,
        ReduceOperation.Maximum => 2,
        ReduceOperation.Minimum => 3,
        _ => 4,
    };

    private nint Handle()
    {
        lock (_gate)
        {
            return !_isEnded ? _handle : throw new NativeCallException("its NCCL communicator has ended");
        }
    }

    private void Check(int result, string function) => _library.Check(result, function);

    private void End(delegate* unmanaged<nint, int> how)
    {
        lock (_gate)
        {
            if (_isEnded)
            {
                return;
            }

            _isEnded = true;
        }

        // What it returns does not matter to anybody who is leaving.
        _ = how(_handle);
    }

    /// <summary>Operations of the thread that calls. Whatever happens in between, NCCL must hear of their end.</summary>
    internal readonly ref struct Operations(NcclLibrary library) : IDisposable
    {
        public void Dispose() => library.Check(library.GroupEnd(), "ncclGroupEnd");
    }
}
