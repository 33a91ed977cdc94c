using System.Runtime.InteropServices;
using Mlp.Training.Distributed.Collectives.SharedMemory.Interop;
using Mlp.Training.Distributed.Collectives.Tcp.Control;
using Mlp.Training.Distributed.Launch;

namespace Mlp.Training.Distributed.Collectives.Tcp;

/// <summary>
/// A rank that is a process. Ranks of one host move values through memory that they share, others through sockets. Each call begins with a head to every other rank, which the other compares with its own; what goes wrong is
/// told to rank 0, which finds out who is to blame and tells all. Sums are made in the order of ranks, asked for or not.
/// </summary>
internal sealed partial class TcpBackend : CollectiveBackend
{
    private static readonly TimeSpan DrainLimit = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan DrainPause = TimeSpan.FromMilliseconds(5);

    private readonly TcpSession _session;
    private readonly GroupMonitor _group;
    private readonly PeerLink?[] _links;
    private readonly PeerLink[] _peers;
    private readonly SharedSegment? _segment;
    private readonly CallHeads _heads;
    private readonly CallWait _wait;
    private readonly Transfer[] _transfers;
    private readonly AlgorithmChoice _choice;
    private readonly CallRoute _ringRoute;
    private readonly CallRoute _halvingRoute;
    private readonly CallRoute _hierarchyRoute;
    private readonly SemaphoreSlim _idle = new(1, 1);
    private bool _disposed;

    /// <summary>Takes over connected links.</summary>
    public TcpBackend(TcpSession session, GroupMonitor group, PeerLink?[] links, SharedSegment? segment, SharedBell? bell)
    {
        (_session, _group, _links, _segment) = (session, group, links, segment);
        _peers = [.. links.OfType<PeerLink>()];
        _heads = new(links.Length, group.Index);
        _wait = new(session.Plane, group, _peers, bell);
        _transfers = new Transfer[links.Length];
        _sources = new nint[links.Length];
        _steps = new Cursor[links.Length];
        _parts = new Transfer[links.Length];
        _all = [.. Enumerable.Range(0, links.Length)];
        _tokens = new byte[PowerBelow(links.Length).Power * sizeof(long)];
        _hosts = new([.. group.Members.Select(m => session.Ranks[m].Host)], group.Index);
        _choice = new(session.Transport, session.IsDeterministic, links.Length, _hosts.IsHierarchy);
        _ringRoute = CallRoute.Make(links, Rank, [], []);
        _halvingRoute = CallRoute.Make(links, Rank, HalvingPartners(_all, Rank), HalvingPartners(_all, Rank));
        _hierarchyRoute = _hosts.IsHierarchy ? MakeHierarchyRoute() : _ringRoute;
    }

    /// <inheritdoc/>
    public override string Name => "tcp";

    /// <inheritdoc/>
    public override int Rank => _group.Index;

    /// <inheritdoc/>
    public override int WorldSize => _links.Length;

    /// <inheritdoc/>
    public override CollectiveException? Failure => _group.Failure?.ToException(null);

    /// <summary>Whether this rank shares memory with others.</summary>
    public bool SharesMemory => _segment is not null;

    /// <summary>Calls that this rank has begun.</summary>
    public long BegunCount => _group.Begun;

    /// <summary>Ranks to which there is a connection.</summary>
    public int ConnectedCount => _peers.Count(p => p is TcpLink { IsConnected: true });

    /// <inheritdoc/>
    public override void AllGather(in CollectiveCall call, ReadOnlySpan<byte> values, Span<byte> result)
    {
        var (start, size) = (0, ElementTypes.SizeOf(call.Element));
        for (var rank = 0; rank < WorldSize; rank++)
        {
            var length = (call.Counts?[rank] ?? (int)call.Length) * size;
            _transfers[rank] = new(0, values.Length, start, length);
            if (rank == Rank && !MemoryMarshal.AsBytes(values).Overlaps(result.Slice(start, length)))
            {
                values.CopyTo(result.Slice(start, length));
            }

            start += length;
        }

        if (_choice.Of(call, result.Length) == ReductionAlgorithm.Ring)
        {
            RingAllGather(call, result);
            return;
        }

        Move(call, values, result);
    }

    /// <inheritdoc/>
    public override void Broadcast(in CollectiveCall call, Span<byte> values)
    {
        if (_choice.Of(call, values.Length) == ReductionAlgorithm.Ring)
        {
            RingBroadcast(call, values);
            return;
        }

        for (var rank = 0; rank < WorldSize; rank++)
        {
            _transfers[rank] = new(0, call.Root == Rank ? values.Length : 0, 0, call.Root == rank ? values.Length : 0);
        }

        Move(call, values, values);
    }

    /// <inheritdoc/>
    public override void AllToAll(in CollectiveCall call, ReadOnlySpan<byte> values, Span<byte> result)
    {
        var part = values.Length / WorldSize;
        for (var rank = 0; rank < WorldSize; rank++)
        {
            _transfers[rank] = new(rank * part, part, rank * part, part);
        }

        values.Slice(Rank * part, part).CopyTo(result[(Rank * part)..]);
        Move(call, values, result);
    }

    /// <inheritdoc/>
    public override void Barrier(in CollectiveCall call)
    {
        if (_choice.Of(call, 0) == ReductionAlgorithm.HalvingDoubling)
        {
            HalvingBarrier(call);
            return;
        }

        Array.Clear(_transfers);
        Move(call, [], [], awaitsAll: true);
    }

    /// <inheritdoc/>
    public override void Send(in CollectiveCall call, ReadOnlySpan<byte> values) => MovePair(call, new(0, values.Length, 0, 0), values, []);

    /// <inheritdoc/>
    public override void Receive(in CollectiveCall call, Span<byte> values) => MovePair(call, new(0, 0, 0, values.Length), [], values);

    /// <inheritdoc/>
    public override CollectiveBackend? Split(in CollectiveCall call, IReadOnlyList<int> ranks)
    {
        var lists = ShareLists(call, ranks);
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

        if (ranks.Count == 0)
        {
            return null;
        }

        var members = lists[Rank];
        var id = FormattableString.Invariant($"{_group.Id}/{call.Sequence}.{members.Min()}");
        var child = new GroupMonitor(id, CollectiveSentences.NameOfSplit(call, _group.Name), Array.ConvertAll(members, m => _group.Members[m]), Array.IndexOf(members, Rank));
        var setup = new GroupSetup(_session, child, call.Timeout, call.CancellationToken);

        // Calls of a group are synchronous; what connects the ranks of the new one waits for sockets and runs beside this thread.
        return Task.Run(() => setup.ConnectAsync()).GetAwaiter().GetResult();
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
        _session.Plane.Remove(_group);
        await DrainAsync().ConfigureAwait(false);
        Array.ForEach(_peers, p => p.Dispose());
        _session.Listener.End(_group.Id);
        _segment?.Dispose();
        _idle.Release();
        await _session.LeaveAsync().ConfigureAwait(false);
    }

    /// <summary>A connection that is closed with unread bytes takes back what it has sent, so the others' last heads are read until they leave too, or a little while.</summary>
    private async Task DrainAsync()
    {
        Array.ForEach(_peers, p => p.EndWriting());
        var start = _session.Plane.Clock.GetTimestamp();
        while (_group.Failure is null && _session.Plane.Clock.GetElapsedTime(start) < DrainLimit && Array.Exists(_peers, p => p is TcpLink { IsBroken: false, IsConnected: true } && _group.LeftAfter(p.Peer) == long.MaxValue))
        {
            foreach (var link in _peers)
            {
                if (link is not TcpLink { IsConnected: false })
                {
                    link.Consume(link.Peek().Length);
                }
            }

            await Task.Delay(DrainPause, _session.Plane.Clock).ConfigureAwait(false);
        }
    }

    private int[][] ShareLists(in CollectiveCall call, IReadOnlyList<int> ranks)
    {
        var bytes = WorldSize * sizeof(int);
        var own = new int[WorldSize];
        Array.Fill(own, -1);
        for (var i = 0; i < ranks.Count; i++)
        {
            own[i] = ranks[i];
        }

        var all = new int[WorldSize * WorldSize];
        own.CopyTo(all, Rank * WorldSize);
        for (var rank = 0; rank < WorldSize; rank++)
        {
            _transfers[rank] = new(0, bytes, rank * bytes, bytes);
        }

        if (_choice.Of(call, bytes) == ReductionAlgorithm.Ring)
        {
            RingAllGather(call, MemoryMarshal.AsBytes(all.AsSpan()));
            return ToLists(all);
        }

        Move(call, MemoryMarshal.AsBytes(own.AsSpan()), MemoryMarshal.AsBytes(all.AsSpan()));
        return ToLists(all);
    }

    private int[][] ToLists(int[] all) => [.. all.Chunk(WorldSize).Select(list => list.TakeWhile(r => r >= 0).ToArray())];
}
