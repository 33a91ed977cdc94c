using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace Mlp.Training.Distributed.Collectives.Mpi.Interop;

/// <summary>
/// The functions of an MPI library. Handles are <see cref="nint"/> for both interfaces: a function of MPICH reads the lower half of the register. A library that only knows one thread at a time gets one. Every function throws
/// <see cref="MpiException"/> where MPI returns an error.
/// </summary>
internal sealed unsafe class MpiLibrary
{
    private const int LongestError = 512;
    private const int Serialized = 2;
    private const int Multiple = 3;

    private readonly nint _handle;
    private readonly string _path;
    private readonly delegate* unmanaged<nint*, int*, nint, int> _test;
    private readonly delegate* unmanaged<nint, int, nint, nint, int*, int*, nint, nint, nint*, int> _allGather;
    private readonly delegate* unmanaged<nint, int*, int*, nint, nint, int*, int*, nint, nint, nint*, int> _allToAll;
    private readonly delegate* unmanaged<nint, int, nint, int, nint, nint*, int> _broadcast;
    private readonly delegate* unmanaged<nint, nint*, int> _barrier;
    private readonly delegate* unmanaged<nint, nint, int, nint, nint, nint, nint*, int> _allReduce;
    private readonly delegate* unmanaged<nint, nint, int, nint, nint, int, nint, nint*, int> _reduce;
    private readonly delegate* unmanaged<nint, nint, int*, nint, nint, nint, nint*, int> _reduceScatter;
    private readonly delegate* unmanaged<nint, int, nint, int, int, nint, nint*, int> _send;
    private readonly delegate* unmanaged<nint, int, nint, int, int, nint, nint*, int> _sendSynchronously;
    private readonly delegate* unmanaged<nint, int, nint, int, int, nint, nint*, int> _receive;
    private readonly delegate* unmanaged<int, int, nint, int*, nint, int> _probe;
    private readonly Lock _lock = new();
    private bool _isSerialized;

    private MpiLibrary(nint handle, string path)
    {
        (_handle, _path, Constants) = (handle, path, MpiConstants.Of(handle));
        _test = (delegate* unmanaged<nint*, int*, nint, int>)Export("MPI_Test");
        _allGather = (delegate* unmanaged<nint, int, nint, nint, int*, int*, nint, nint, nint*, int>)Export("MPI_Iallgatherv");
        _allToAll = (delegate* unmanaged<nint, int*, int*, nint, nint, int*, int*, nint, nint, nint*, int>)Export("MPI_Ialltoallv");
        _broadcast = (delegate* unmanaged<nint, int, nint, int, nint, nint*, int>)Export("MPI_Ibcast");
        _barrier = (delegate* unmanaged<nint, nint*, int>)Export("MPI_Ibarrier");
        _allReduce = (delegate* unmanaged<nint, nint, int, nint, nint, nint, nint*, int>)Export("MPI_Iallreduce");
        _reduce = (delegate* unmanaged<nint, nint, int, nint, nint, int, nint, nint*, int>)Export("MPI_Ireduce");
        _reduceScatter = (delegate* unmanaged<nint, nint, int*, nint, nint, nint, nint*, int>)Export("MPI_Ireduce_scatter");
        _send = (delegate* unmanaged<nint, int, nint, int, int, nint, nint*, int>)Export("MPI_Isend");
        _sendSynchronously = (delegate* unmanaged<nint, int, nint, int, int, nint, nint*, int>)Export("MPI_Issend");
        _receive = (delegate* unmanaged<nint, int, nint, int, int, nint, nint*, int>)Export("MPI_Irecv");
        _probe = (delegate* unmanaged<int, int, nint, int*, nint, int>)Export("MPI_Iprobe");
    }

    /// <summary>What belongs to the library's interface.</summary>
    public MpiConstants Constants { get; }

    /// <summary>Name or path by which it was loaded.</summary>
    public string Path => _path;

    /// <summary>Loads the first that is there.</summary>
    /// <param name="names">Names and paths.</param>
    /// <exception cref="MpiException">There is none.</exception>
    public static MpiLibrary Load(IReadOnlyList<string> names)
    {
        foreach (var name in names)
        {
            if (NativeLibrary.TryLoad(name, out var handle))
            {
                return new(handle, name);
            }
        }

        throw new MpiException($"Expected an MPI library, but none of {string.Join(", ", names)} can be loaded. Install Open MPI or MPICH, or name its library in {MpiOptions.LibraryVariable} or MpiOptions.LibraryPath.");
    }

    /// <summary>Begins to use MPI, for several threads.</summary>
    /// <returns>Whether it is this call that began, rather than the host of this library before it.</returns>
    /// <exception cref="MpiException">MPI cannot be used from several threads, or has been ended.</exception>
    public bool Begin()
    {
        int isBegun, isEnded, level;
        Check(((delegate* unmanaged<int*, int>)Export("MPI_Finalized"))(&isEnded), "MPI_Finalized");
        Check(((delegate* unmanaged<int*, int>)Export("MPI_Initialized"))(&isBegun), "MPI_Initialized");
        if (isEnded != 0)
        {
            throw new MpiException("Expected MPI to be in use, but this process has called MPI_Finalize, after which it cannot begin again.");
        }

        if (isBegun == 0)
        {
            Check(((delegate* unmanaged<nint, nint, int, int*, int>)Export("MPI_Init_thread"))(0, 0, Multiple, &level), "MPI_Init_thread");
        }
        else
        {
            Check(((delegate* unmanaged<int*, int>)Export("MPI_Query_thread"))(&level), "MPI_Query_thread");
        }

        if (level < Serialized)
        {
            throw new MpiException($"Expected MPI to allow calls from several threads (MPI_THREAD_MULTIPLE or MPI_THREAD_SERIALIZED), but '{_path}' gives level {level}.");
        }

        _isSerialized = level == Serialized;
        ReturnErrors(Constants.World);
        return isBegun == 0;
    }

    /// <summary>Ends the use of MPI; waits for all ranks.</summary>
    public void End() => Check(((delegate* unmanaged<int>)Export("MPI_Finalize"))(), "MPI_Finalize");

    /// <summary>This rank and the number of ranks.</summary>
    public (int Rank, int Size) PlaceIn(nint communicator)
    {
        int rank, size;
        using var turn = new Turn(this);
        Check(((delegate* unmanaged<nint, int*, int>)Export("MPI_Comm_rank"))(communicator, &rank), "MPI_Comm_rank");
        Check(((delegate* unmanaged<nint, int*, int>)Export("MPI_Comm_size"))(communicator, &size), "MPI_Comm_size");
        return (rank, size);
    }

    /// <summary>Forms communicators; waits for all ranks of the old one.</summary>
    /// <returns>The new one; meaningless for <see cref="MpiConstants.Undefined"/>.</returns>
    public nint Split(nint communicator, int color, int key)
    {
        nint formed = 0;
        using (new Turn(this))
        {
            Check(((delegate* unmanaged<nint, int, int, nint*, int>)Export("MPI_Comm_split"))(communicator, color, key, &formed), "MPI_Comm_split");
        }

        if (color != MpiConstants.Undefined)
        {
            ReturnErrors(formed);
        }

        return formed;
    }

    /// <summary>Gives a communicator back.</summary>
    public void Free(nint communicator)
    {
        using var turn = new Turn(this);
        Check(((delegate* unmanaged<nint*, int>)Export("MPI_Comm_free"))(&communicator), "MPI_Comm_free");
    }

    /// <summary>Lets things move, and looks whether requests have ended.</summary>
    public bool HaveEnded(nint* requests, int count)
    {
        using var turn = new Turn(this);
        var isDone = 1;

        // One by one: in an array of MPICH's requests they would lie closer together. One that has ended counts as ended from then on.
        for (var i = 0; i < count && isDone != 0; i++)
        {
            Check(_test(requests + i, &isDone, Constants.IgnoreStatus), "MPI_Test");
        }

        return isDone != 0;
    }

    /// <summary>Lets things move, and looks whether a message has come.</summary>
    public bool HasCome(int rank, int tag, nint communicator)
    {
        int isThere;
        using var turn = new Turn(this);
        Check(_probe(rank, tag, communicator, &isThere, Constants.IgnoreStatus), "MPI_Iprobe");
        return isThere != 0;
    }

    /// <summary>Begins to gather bytes that lie in place.</summary>
    public void AllGather(nint target, int* counts, int* starts, nint communicator, nint* request)
    {
        using var turn = new Turn(this);
        Check(_allGather(Constants.InPlace, 0, Constants.Bytes, target, counts, starts, Constants.Bytes, communicator, request), "MPI_Iallgatherv");
    }

    /// <summary>Begins to exchange bytes.</summary>
    public void AllToAll(nint source, int* sendCounts, int* sendStarts, nint target, int* counts, int* starts, nint communicator, nint* request)
    {
        using var turn = new Turn(this);
        Check(_allToAll(source, sendCounts, sendStarts, Constants.Bytes, target, counts, starts, Constants.Bytes, communicator, request), "MPI_Ialltoallv");
    }

    /// <summary>Begins to give bytes to all.</summary>
    public void Broadcast(nint values, int count, int root, nint communicator, nint* request)
    {
        using var turn = new Turn(this);
        Check(_broadcast(values, count, Constants.Bytes, root, communicator, request), "MPI_Ibcast");
    }

    /// <summary>Begins to wait for all.</summary>
    public void Barrier(nint communicator, nint* request)
    {
        using var turn = new Turn(this);
        Check(_barrier(communicator, request), "MPI_Ibarrier");
    }

    /// <summary>Begins to reduce in place.</summary>
    public void AllReduce(nint values, int count, nint type, nint reduction, nint communicator, nint* request)
    {
        using var turn = new Turn(this);
        Check(_allReduce(Constants.InPlace, values, count, type, reduction, communicator, request), "MPI_Iallreduce");
    }

    /// <summary>Begins to reduce on one rank, there in place.</summary>
    public void Reduce(nint values, int count, nint type, nint reduction, bool isRoot, int root, nint communicator, nint* request)
    {
        using var turn = new Turn(this);
        Check(_reduce(isRoot ? Constants.InPlace : values, values, count, type, reduction, root, communicator, request), "MPI_Ireduce");
    }

    /// <summary>Begins to reduce, a part for each rank.</summary>
    public void ReduceScatter(nint source, nint target, int* counts, nint type, nint reduction, nint communicator, nint* request)
    {
        using var turn = new Turn(this);
        Check(_reduceScatter(source, target, counts, type, reduction, communicator, request), "MPI_Ireduce_scatter");
    }

    /// <summary>Begins to send bytes.</summary>
    /// <param name="values">The bytes.</param>
    /// <param name="count">How many.</param>
    /// <param name="rank">To whom.</param>
    /// <param name="tag">Which kind of message.</param>
    /// <param name="awaitsReceiver">Whether it ends when they are received, rather than when the memory is free again.</param>
    /// <param name="communicator">The ranks.</param>
    /// <param name="request">Gets the request.</param>
    public void Send(nint values, int count, int rank, int tag, bool awaitsReceiver, nint communicator, nint* request)
    {
        using var turn = new Turn(this);
        Check((awaitsReceiver ? _sendSynchronously : _send)(values, count, Constants.Bytes, rank, tag, communicator, request), "MPI_Isend");
    }

    /// <summary>Begins to receive bytes.</summary>
    public void Receive(nint values, int count, int rank, int tag, nint communicator, nint* request)
    {
        using var turn = new Turn(this);
        Check(_receive(values, count, Constants.Bytes, rank, tag, communicator, request), "MPI_Irecv");
    }

    private void ReturnErrors(nint communicator)
    {
        using var turn = new Turn(this);
        Check(((delegate* unmanaged<nint, nint, int>)Export("MPI_Comm_set_errhandler"))(communicator, Constants.ErrorsReturn), "MPI_Comm_set_errhandler");
    }

    private nint Export(string name) => NativeLibrary.TryGetExport(_handle, name, out var address)
        ? address
        : throw new MpiException($"Expected '{_path}' to be an MPI library of version 3 or later, but it has no {name}.");

    private void Check(int code, string function)
    {
        if (code != 0)
        {
            throw new MpiException(string.Create(CultureInfo.InvariantCulture, $"{function} of {Constants.Flavour} failed with error {code}: {Describe(code)}."));
        }
    }

    private string Describe(int code)
    {
        var text = stackalloc byte[LongestError];
        int length;
        return ((delegate* unmanaged<int, byte*, int*, int>)Export("MPI_Error_string"))(code, text, &length) == 0 ? Encoding.UTF8.GetString(text, length).TrimEnd('.') : "no text";
    }

    /// <summary>A call of a library that knows one thread at a time.</summary>
    private readonly ref struct Turn : IDisposable
    {
        private readonly Lock? _taken;

        public Turn(MpiLibrary library)
        {
            _taken = library._isSerialized ? library._lock : null;
            _taken?.Enter();
        }

        public void Dispose() => _taken?.Exit();
    }
}
