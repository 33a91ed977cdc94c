using Mlp.Training.Distributed.Collectives.Tcp;
using Mlp.Training.Distributed.Collectives.Tcp.Control;

namespace Mlp.Training.Distributed.Collectives.Mpi.Interop;

/// <summary>
/// A rank whose values MPI moves. Each call begins with a head of each rank to all, which all compare; then values move in calls of MPI that do not block, so that a time limit ends them. What goes wrong is told to rank 0 over
/// the control channel, which finds out who is to blame and tells all.
/// </summary>
internal sealed partial class MpiBackend : CollectiveBackend
{
    private static readonly TimeSpan DrainLimit = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan DrainPause = TimeSpan.FromMilliseconds(2);

    private readonly MpiProcess _mpi;
    private readonly MpiLibrary _library;
    private readonly TcpSession _session;
    private readonly GroupMonitor _group;
    private readonly nint _communicator;
    private readonly MpiSettings _settings;
    private readonly MpiWait _wait;
    private readonly MpiMemory _memory;
    private readonly MpiWait.Look _lookForMessages;
    private readonly nint[] _sources;
    private readonly (int Start, int Length)[] _parts;
    private readonly Queue<byte[]>[] _earlyMessages;
    private readonly SemaphoreSlim _idle = new(1, 1);
    private bool _disposed;

    /// <summary>Takes over a communicator.</summary>
    public MpiBackend(MpiProcess mpi, TcpSession session, GroupMonitor group, nint communicator, MpiSettings settings)
    {
        (_mpi, _library, _session, _group, _communicator, _settings) = (mpi, mpi.Library, session, group, communicator, settings);
        WorldSize = group.Members.Length;
        _wait = new(mpi, session.Plane, group, settings.ChecksCalls);
        _memory = new(WorldSize);
        _lookForMessages = LookForMessages;
        (_sources, _parts) = (new nint[WorldSize], new (int, int)[WorldSize]);
        _earlyMessages = new Queue<byte[]>[WorldSize];
        mpi.Add(this);
    }

    /// <inheritdoc/>
    public override string Name => "mpi";

    /// <inheritdoc/>
    public override int Rank => _group.Index;

    /// <inheritdoc/>
    public override int WorldSize { get; }

    /// <inheritdoc/>
    public override CollectiveBackend? Split(in CollectiveCall call, IReadOnlyList<int> ranks)
    {
        int[][] lists;
        using (var turn = Begin(call))
        {
            lists = ShareLists(call, ranks);
        }

        ThrowIfMismatched(call, lists);
        var (color, key) = ranks.Count == 0 ? (MpiConstants.Undefined, 0) : (lists[Rank].Min(), Array.IndexOf(lists[Rank], Rank));
        if (ranks.Count == 0)
        {
            AwaitSplit(call, Task.Run(() => _library.Split(_communicator, color, key), CancellationToken.None));
            return null;
        }

        var members = lists[Rank];
        var child = new GroupMonitor(
            FormattableString.Invariant($"{_group.Id}/{call.Sequence}.{color}"),
            CollectiveSentences.NameOfSplit(call, _group.Name),
            Array.ConvertAll(members, m => _group.Members[m]),
            key);
        var setup = new MpiGroupSetup(_mpi, _session, child, _settings, call.Timeout, call.CancellationToken);

        // Calls of a group are synchronous; what waits for other ranks here runs beside this thread.
        return Task.Run(() => setup.FormAsync(() => _library.Split(_communicator, color, key))).GetAwaiter().GetResult();
    }

    /// <inheritdoc/>
    public override void Abort(CollectiveException reason)
    {
        if (_group.Failure is null)
        {
            var failure = GroupFailure.From(reason);
            _session.Plane.Post(new ControlMessage.Report(_group.Id, TroubleKind.Stated, [], -1, 0, failure));
            _group.Fail(failure);
        }
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        await _idle.WaitAsync().ConfigureAwait(false);
        _session.Plane.Leave(_group);
        await DrainAsync().ConfigureAwait(false);
        _session.Plane.Forget(_group);
        _mpi.Remove(this);
        Free();
        _idle.Release();
        await _session.LeaveAsync().ConfigureAwait(false);
    }

    /// <summary>What this rank has sent may need its help to arrive, and a communicator can be given back when nobody uses it: this waits until the others have left too, or a little while.</summary>
    private async Task DrainAsync()
    {
        var start = _session.Plane.Clock.GetTimestamp();
        while (IsInUse() && _session.Plane.Clock.GetElapsedTime(start) < DrainLimit)
        {
            LetMove();
            await Task.Delay(DrainPause, _session.Plane.Clock).ConfigureAwait(false);
        }
    }

    private bool IsInUse() => IsSound && Enumerable.Range(0, WorldSize).Any(m => m != Rank && _group.LeftAfter(m) == long.MaxValue);

    private bool IsSound => _group.Failure is null && _mpi.Failure is null;

    private void LetMove() => _library.HasCome((Rank + 1) % WorldSize, MessageTag, _communicator);

    private void Free()
    {
        // In a group that has failed requests may still be under way.
        if (IsSound && !_wait.HasGivenUp)
        {
            _memory.Free();
            if (!IsInUse())
            {
                _library.Free(_communicator);
            }
        }
    }

    private void AwaitSplit(in CollectiveCall call, Task<nint> split)
    {
        if (!split.Wait(call.Timeout))
        {
            _mpi.LeaveUnfinished(() => split.IsCompleted);
            throw CollectiveSentences.TimedOut(call, _group.Name, [.. Enumerable.Range(0, WorldSize).Where(r => r != Rank)], WorldSize, call.Timeout);
        }
    }

    private void ThrowIfMismatched(in CollectiveCall call, int[][] lists)
    {
        for (var one = 0; one < WorldSize; one++)
        {
            foreach (var other in lists[one])
            {
                if (!lists[one].AsSpan().SequenceEqual(lists[other]))
                {
                    var failure = CollectiveComparison.SplitMismatch(call, _group.Name, one, lists[one], other, lists[other]);
                    Abort(failure);
                    throw failure;
                }
            }
        }
    }
}
