using System.Buffers;
using Mlp.Training.Distributed.Collectives.Tcp.Interop;

namespace Mlp.Training.Distributed.Collectives.Tcp;

// Calls in which each rank gives to the next and takes from the one before. Nothing is cut into chunks: bytes go on as they come.
internal sealed partial class TcpBackend
{
    /// <summary>The most that is taken at once, so that giving goes on meanwhile, and what was taken is still in the cache when it is given.</summary>
    private const int RingChunkBytes = 1 << 17;

    private readonly RingPlan _plan = new();
    private readonly Transfer[] _parts;
    private readonly int[] _all;

    private void RingAllReduce(in CollectiveCall call, Span<byte> values)
    {
        using var turn = BeginAmong(call, _ringRoute);
        if (_session.IsDeterministic)
        {
            _plan.MakeChain(values.Length, Rank, WorldSize);
            Circulate(call, _all, Rank, values, values);
        }
        else
        {
            RingAllReduce(call, _all, Rank, values);
        }

        Conclude(call);
    }

    private void RingAllReduce(in CollectiveCall call, int[] members, int index, Span<byte> values)
    {
        var parts = Divide(values.Length, members.Length, members.Length);
        _plan.Begin(lag: 1);
        _plan.AddReduceScatter(parts, index, PieceUse.Finish);
        _plan.AddAllGather(parts, index);
        Circulate(call, members, index, values, values);
    }

    private void RingReduceScatter(in CollectiveCall call, ReadOnlySpan<byte> values, Span<byte> result)
    {
        var scratch = ArrayPool<byte>.Shared.Rent(Math.Max(1, values.Length));
        try
        {
            using var turn = BeginAmong(call, _ringRoute);
            _plan.Begin(lag: 1);
            _plan.AddReduceScatter(_transfers, Rank, PieceUse.Finish);
            var start = _transfers[Rank].OutStart;
            Circulate(call, _all, Rank, values, scratch.AsSpan(0, values.Length));
            scratch.AsSpan(start, result.Length).CopyTo(result);
            Conclude(call);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(scratch);
        }
    }

    /// <summary>Gathers the parts that <see cref="_transfers"/> takes in; this rank's own lies in its place.</summary>
    private void RingAllGather(in CollectiveCall call, Span<byte> result)
    {
        using var turn = BeginAmong(call, _ringRoute);
        for (var rank = 0; rank < WorldSize; rank++)
        {
            _parts[rank] = new(_transfers[rank].InStart, _transfers[rank].InLength, 0, 0);
        }

        _plan.Begin(lag: 1);
        _plan.AddAllGather(_parts, Rank);
        Circulate(call, _all, Rank, result, result);
        Conclude(call);
    }

    private void RingBroadcast(in CollectiveCall call, Span<byte> values)
    {
        using var turn = BeginAmong(call, _ringRoute);
        _plan.MakeBroadcast(values.Length, (Rank - call.Root + WorldSize) % WorldSize, WorldSize);
        Circulate(call, _all, Rank, values, values);
        Conclude(call);
    }

    private void RingReduce(in CollectiveCall call, Span<byte> values)
    {
        var scratch = Rank == call.Root ? null : ArrayPool<byte>.Shared.Rent(Math.Max(1, values.Length));
        try
        {
            using var turn = BeginAmong(call, _ringRoute);
            _plan.MakeReduce(values.Length, (Rank - call.Root - 1 + WorldSize) % WorldSize, WorldSize);
            Circulate(call, _all, Rank, values, scratch is null ? values : scratch.AsSpan(0, values.Length));
            Conclude(call);
        }
        finally
        {
            if (scratch is not null)
            {
                ArrayPool<byte>.Shared.Return(scratch);
            }
        }
    }

    /// <summary>Cuts values into parts for the first of some ranks; the others' are empty.</summary>
    private ReadOnlySpan<Transfer> Divide(int length, int owners, int count)
    {
        var part = ((length / owners) + PartAlignment) / PartAlignment * PartAlignment;
        for (var i = 0; i < count; i++)
        {
            var start = i < owners ? (int)Math.Min(length, (long)i * part) : length;
            _parts[i] = new(start, i < owners ? Math.Min(part, length - start) : 0, 0, 0);
        }

        return _parts.AsSpan(0, count);
    }

    /// <summary>Does what <see cref="_plan"/> says, with the neighbours in a ring of some ranks.</summary>
    /// <param name="call">The call.</param>
    /// <param name="members">The ranks of the ring.</param>
    /// <param name="index">This rank's place among them.</param>
    /// <param name="source">This rank's own values.</param>
    /// <param name="work">Where what comes is put; may be the same memory.</param>
    private void Circulate(in CollectiveCall call, int[] members, int index, ReadOnlySpan<byte> source, Span<byte> work)
    {
        if (members.Length == 1)
        {
            return;
        }

        var (next, before) = (_links[members[CallRoute.Next(members.Length, index)]]!, _links[members[CallRoute.Before(members.Length, index)]]!);
        var cursor = default(Cursor);
        while (true)
        {
            var hasMoved = TakePiece(call, before, ref cursor, source, work);
            hasMoved |= GivePieces(next, ref cursor, source, work);
            var (input, output) = (cursor.InStep < _plan.Incoming.Count, cursor.OutStep < _plan.Outgoing.Count || next.HasUnsent);
            _wait.Await(next.Peer, false, output);
            _wait.AwaitInput(before.Peer, input);
            if (!input && !output)
            {
                return;
            }

            Pass(call, hasMoved);
        }
    }

    private bool GivePieces(PeerLink next, ref Cursor cursor, ReadOnlySpan<byte> source, ReadOnlySpan<byte> work)
    {
        var hasMoved = false;
        while (cursor.OutStep < _plan.Outgoing.Count)
        {
            var (piece, origin) = (_plan.Outgoing[cursor.OutStep], cursor.OutStep - _plan.Lag);
            var ready = origin < cursor.InStep ? piece.Length : origin == cursor.InStep ? cursor.InDone : 0;
            if (ready > cursor.OutDone)
            {
                var count = next.TryWrite((origin < 0 ? source : work)[(piece.Start + cursor.OutDone)..(piece.Start + ready)]);
                hasMoved |= count > 0;
                cursor.OutDone += count;
            }

            if (cursor.OutDone < piece.Length)
            {
                break;
            }

            (cursor.OutStep, cursor.OutDone) = (cursor.OutStep + 1, 0);
        }

        return (next.HasUnsent && next.Flush()) || hasMoved;
    }

    private bool TakePiece(in CollectiveCall call, PeerLink before, ref Cursor cursor, ReadOnlySpan<byte> source, Span<byte> work)
    {
        while (cursor.InStep < _plan.Incoming.Count && _plan.Incoming[cursor.InStep].Length == cursor.InDone)
        {
            (cursor.InStep, cursor.InDone) = (cursor.InStep + 1, 0);
        }

        if (!Meet(call, before) || cursor.InStep == _plan.Incoming.Count)
        {
            return false;
        }

        var piece = _plan.Incoming[cursor.InStep];
        var range = piece.Start + cursor.InDone;
        var count = Take(call, before, piece.Use, source.Slice(range, piece.Length - cursor.InDone), work.Slice(range, piece.Length - cursor.InDone));
        cursor.InDone += count;
        return count > 0;
    }

    /// <summary>Takes what has come of some values.</summary>
    /// <param name="call">The call.</param>
    /// <param name="link">From where.</param>
    /// <param name="use">What is done with them.</param>
    /// <param name="own">This rank's values of the same place.</param>
    /// <param name="target">Where the outcome goes.</param>
    /// <returns>How many bytes.</returns>
    private int Take(in CollectiveCall call, PeerLink link, PieceUse use, ReadOnlySpan<byte> own, Span<byte> target)
    {
        var most = Math.Min(RingChunkBytes, target.Length);
        if (use == PieceUse.Keep)
        {
            return link.TryRead(target[..most]);
        }

        var here = link.Peek();
        var count = Math.Min(here.Length, most);
        count -= count % ElementTypes.SizeOf(call.Element);
        if (count > 0)
        {
            PeerReduction.Combine(call, here[..count], own[..count], target[..count]);
            link.Consume(count);
            if (use == PieceUse.Finish && call.Operation == ReduceOperation.Average)
            {
                PeerReduction.Divide(call.Element, target[..count], WorldSize);
            }
        }

        return count;
    }
}
