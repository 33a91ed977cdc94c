using Mlp.Training.Distributed.Collectives.Tcp.Interop;
using Mlp.Training.Distributed.Launch;

namespace Mlp.Training.Distributed.Collectives.Tcp;

// Calls that reduce. Each rank has a part of the values that it reduces for all: it gets that part from every other rank, adds up in the order of ranks, and gives the sums to whoever needs them.
internal sealed partial class TcpBackend
{
    private const int PartAlignment = 64;

    private readonly nint[] _sources;
    private readonly Cursor[] _steps;

    /// <inheritdoc/>
    public override void AllReduce(in CollectiveCall call, Span<byte> values)
    {
        switch (_choice.Of(call, values.Length))
        {
            case ReductionAlgorithm.Ring:
                RingAllReduce(call, values);
                break;
            case ReductionAlgorithm.HalvingDoubling:
                HalvingAllReduce(call, values);
                break;
            case ReductionAlgorithm.Hierarchical:
                HierarchicalAllReduce(call, values);
                break;
            default:
                DirectAllReduce(call, values);
                break;
        }
    }

    private void DirectAllReduce(in CollectiveCall call, Span<byte> values)
    {
        if (values.Length <= _session.Transport.DirectBytes)
        {
            for (var rank = 0; rank < WorldSize; rank++)
            {
                _transfers[rank] = new(0, values.Length, 0, 0);
            }

            Exchange(call, values, values, []);
            return;
        }

        var part = ((values.Length / WorldSize) + PartAlignment) / PartAlignment * PartAlignment;
        for (var rank = 0; rank < WorldSize; rank++)
        {
            var start = Math.Min(values.Length, (long)rank * part);
            _transfers[rank] = new((int)start, (int)Math.Min(part, values.Length - start), 0, 0);
        }

        Exchange(call, values, values.Slice(_transfers[Rank].OutStart, _transfers[Rank].OutLength), values);
    }

    /// <inheritdoc/>
    public override void ReduceScatter(in CollectiveCall call, ReadOnlySpan<byte> values, Span<byte> result)
    {
        var (start, size) = (0, ElementTypes.SizeOf(call.Element));
        for (var rank = 0; rank < WorldSize; rank++)
        {
            var length = call.Counts is { } counts ? counts[rank] * size : result.Length;
            _transfers[rank] = new(start, length, 0, 0);
            start += length;
        }

        if (_choice.Of(call, values.Length) == ReductionAlgorithm.Ring)
        {
            RingReduceScatter(call, values, result);
            return;
        }

        Exchange(call, values, result, []);
    }

    /// <inheritdoc/>
    public override void Reduce(in CollectiveCall call, Span<byte> values)
    {
        if (_choice.Of(call, values.Length) == ReductionAlgorithm.Ring)
        {
            RingReduce(call, values);
            return;
        }

        for (var rank = 0; rank < WorldSize; rank++)
        {
            _transfers[rank] = new(0, rank == call.Root ? values.Length : 0, 0, 0);
        }

        Exchange(call, values, Rank == call.Root ? values : [], []);
    }

    /// <summary>Reduces this rank's part, of those that <see cref="_transfers"/> names.</summary>
    /// <param name="call">The call.</param>
    /// <param name="source">All parts.</param>
    /// <param name="target">Gets this rank's part, reduced.</param>
    /// <param name="gathered">Where the reduced parts of all go, the same memory as <paramref name="source"/>; empty where each rank keeps its own.</param>
    private void Exchange(in CollectiveCall call, ReadOnlySpan<byte> source, Span<byte> target, Span<byte> gathered)
    {
        using var turn = Begin(call, _peers);
        Array.Clear(_steps);
        var plan = new PartPlan(_transfers, _session.Transport.SegmentBytes / PartAlignment * PartAlignment, gathers: !gathered.IsEmpty);
        var own = source.Slice(_transfers[Rank].OutStart, target.Length);

        // Where target and what is still to be sent are the same memory, sending comes first.
        var sendsFirst = gathered.IsEmpty && target.Overlaps(source);
        var reduced = 0;
        while (true)
        {
            var (hasMoved, isSent, isDone) = (false, true, true);
            foreach (var link in _peers)
            {
                hasMoved |= SendParts(link, plan, source, target[..reduced], ref isSent);
            }

            if (reduced < target.Length && (isSent || !sendsFirst))
            {
                var count = ReduceNext(call, plan, own, target, reduced);
                reduced += count;
                hasMoved |= count > 0;
            }

            foreach (var link in _peers)
            {
                hasMoved |= TakeParts(call, link, plan, gathered, reduced, ref isDone);
            }

            if (isDone && isSent && reduced == target.Length)
            {
                break;
            }

            Pass(call, hasMoved);
        }
    }

    private bool SendParts(PeerLink link, in PartPlan plan, ReadOnlySpan<byte> source, ReadOnlySpan<byte> reduced, ref bool isSent)
    {
        ref var cursor = ref _steps[link.Peer];
        var steps = plan.Steps(link);
        var hasMoved = link.HasUnsent && steps == 0 && link.Flush();
        while (cursor.OutStep < steps)
        {
            var (isReduced, start, length) = plan.Piece(cursor.OutStep, link, link.Peer, Rank);
            var ready = isReduced ? Math.Min(length, reduced.Length - start) - cursor.OutDone : length - cursor.OutDone;
            var bytes = ready <= 0 ? [] : isReduced ? reduced.Slice(start + cursor.OutDone, ready) : source.Slice(_transfers[link.Peer].OutStart + start + cursor.OutDone, ready);
            var count = bytes.IsEmpty ? 0 : link.TryWrite(bytes);
            hasMoved |= count > 0;
            cursor.OutDone += count;
            if (cursor.OutDone < length)
            {
                break;
            }

            (cursor.OutStep, cursor.OutDone) = (cursor.OutStep + 1, 0);
        }

        if (link.HasUnsent)
        {
            hasMoved |= link.Flush();
        }

        var isPending = cursor.OutStep < steps || link.HasUnsent;
        _wait.Await(link.Peer, false, isPending);
        isSent &= !isPending;
        return hasMoved;
    }

    private bool TakeParts(in CollectiveCall call, PeerLink link, in PartPlan plan, Span<byte> gathered, int reduced, ref bool isDone)
    {
        ref var cursor = ref _steps[link.Peer];
        var (steps, hasMoved) = (plan.Steps(link), false);
        if (!Meet(call, link))
        {
            var isNeeded = plan.Brings(link.Peer, Rank);
            _wait.AwaitInput(link.Peer, isNeeded);
            isDone &= !isNeeded;
            return false;
        }

        while (cursor.InStep < steps)
        {
            var (isReduced, start, length) = plan.Piece(cursor.InStep, link, Rank, link.Peer);
            if (isReduced && cursor.InDone < length)
            {
                var count = link.TryRead(gathered.Slice(_transfers[link.Peer].OutStart + start + cursor.InDone, length - cursor.InDone));
                hasMoved |= count > 0;
                cursor.InDone += count;
            }
            else if (!isReduced)
            {
                cursor.InDone = Math.Clamp(reduced - start, 0, length);
            }

            if (cursor.InDone < length)
            {
                break;
            }

            (cursor.InStep, cursor.InDone) = (cursor.InStep + 1, 0);
        }

        _wait.AwaitInput(link.Peer, cursor.InStep < steps);
        isDone &= cursor.InStep >= steps;
        return hasMoved;
    }

    /// <summary>Reduces what has come from all ranks of the segment under way.</summary>
    /// <returns>How many bytes.</returns>
    private int ReduceNext(in CollectiveCall call, in PartPlan plan, ReadOnlySpan<byte> own, Span<byte> target, int reduced)
    {
        var count = target.Length - reduced;
        foreach (var link in _peers)
        {
            if (!Meet(call, link))
            {
                return 0;
            }

            var (isReduced, start, length) = plan.Piece(_steps[link.Peer].InStep, link, Rank, link.Peer);
            if (isReduced || reduced < start || reduced >= start + length)
            {
                return 0;
            }

            var here = link.Peek();
            count = Math.Min(count, Math.Min(here.Length, start + length - reduced));
            _sources[link.Peer] = PeerReduction.AddressOf(here);
        }

        count -= count % ElementTypes.SizeOf(call.Element);
        if (count <= 0)
        {
            return 0;
        }

        PeerReduction.Run(call, _sources, Rank, own.Slice(reduced, count), target.Slice(reduced, count));
        foreach (var link in _peers)
        {
            link.Consume(count);
        }

        return count;
    }
}
