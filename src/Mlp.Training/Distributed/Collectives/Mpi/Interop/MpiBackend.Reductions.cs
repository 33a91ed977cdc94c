using Mlp.Training.Distributed.Collectives.Interop;
using Mlp.Training.Distributed.Collectives.Tcp;

namespace Mlp.Training.Distributed.Collectives.Mpi.Interop;

// Calls that reduce: by MPI's own reductions where they mean the same and nobody asked for an order, else each rank gets its part of all ranks' values and adds them up in the order of ranks.
internal sealed unsafe partial class MpiBackend
{
    private const int DirectBytes = 1 << 16;
    private const int RoomBytes = 1 << 24;
    private const int LongestPiece = 1 << 20;
    private const int PieceAlignment = 64;

    /// <inheritdoc/>
    public override void AllReduce(in CollectiveCall call, Span<byte> values)
    {
        var fitsHead = _settings.ChecksCalls && values.Length <= PayloadBytes;
        using var turn = Begin(call, fitsHead ? values : []);
        if (values.IsEmpty)
        {
            return;
        }

        fixed (byte* target = values)
        {
            if (fitsHead)
            {
                ReduceAll(call, _memory.Frames + CallHead.Bytes, MpiMemory.FrameBytes, target, values.Length);
            }
            else if (IsOwn(call, out var type, out var reduction))
            {
                _library.AllReduce((nint)target, (int)call.Length, type, reduction, _communicator, _memory.Requests);
                AwaitValues(call);
                Divide(call, values);
            }
            else if ((long)values.Length * WorldSize <= DirectBytes)
            {
                AllReduceDirectly(call, values, target);
            }
            else
            {
                SetEqualParts(values.Length);
                Exchange(call, target, target + _memory.SendStarts[Rank]);
                CopyParts();
                _library.AllGather((nint)target, _memory.Counts, _memory.Starts, _communicator, _memory.Requests);
                AwaitValues(call);
            }
        }
    }

    /// <inheritdoc/>
    public override void ReduceScatter(in CollectiveCall call, ReadOnlySpan<byte> values, Span<byte> result)
    {
        using var turn = Begin(call);
        if (values.IsEmpty)
        {
            return;
        }

        var (start, size) = (0, ElementTypes.SizeOf(call.Element));
        var isOwn = IsOwn(call, out var type, out var reduction);
        for (var rank = 0; rank < WorldSize; rank++)
        {
            var length = (call.Counts?[rank] ?? (int)(call.Length / WorldSize)) * size;
            (_memory.SendCounts[rank], _memory.SendStarts[rank], _memory.Counts[rank]) = (length, start, length / size);
            start += length;
        }

        fixed (byte* source = values, target = result)
        {
            if (isOwn)
            {
                _library.ReduceScatter((nint)source, (nint)target, _memory.Counts, type, reduction, _communicator, _memory.Requests);
                AwaitValues(call);
                Divide(call, result);
            }
            else
            {
                Exchange(call, source, target);
            }
        }
    }

    /// <inheritdoc/>
    public override void Reduce(in CollectiveCall call, Span<byte> values)
    {
        using var turn = Begin(call);
        if (values.IsEmpty)
        {
            return;
        }

        fixed (byte* target = values)
        {
            if (IsOwn(call, out var type, out var reduction))
            {
                _library.Reduce((nint)target, (int)call.Length, type, reduction, Rank == call.Root, call.Root, _communicator, _memory.Requests);
                AwaitValues(call);
                Divide(call, Rank == call.Root ? values : []);
            }
            else
            {
                // The root adds up all values: each rank has only its own, and those of the others stay.
                for (var rank = 0; rank < WorldSize; rank++)
                {
                    (_memory.SendCounts[rank], _memory.SendStarts[rank]) = (rank == call.Root ? values.Length : 0, 0);
                }

                Exchange(call, target, target);
            }
        }
    }

    private bool IsOwn(in CollectiveCall call, out nint type, out nint reduction)
    {
        (type, reduction) = (0, 0);
        return !_settings.Deterministic && _library.Constants.TryFind(call.Element, call.Operation, out type, out reduction);
    }

    private void Divide(in CollectiveCall call, Span<byte> values)
    {
        if (call.Operation == ReduceOperation.Average)
        {
            RankOrderReduction.End(call.Element, call.Operation, WorldSize, values, values);
        }
    }

    private void AllReduceDirectly(in CollectiveCall call, Span<byte> values, byte* target)
    {
        var room = _memory.Room((long)values.Length * WorldSize);
        for (var rank = 0; rank < WorldSize; rank++)
        {
            (_memory.Counts[rank], _memory.Starts[rank]) = (values.Length, rank * values.Length);
        }

        values.CopyTo(new(room + _memory.Starts[Rank], values.Length));
        _library.AllGather((nint)room, _memory.Counts, _memory.Starts, _communicator, _memory.Requests);
        AwaitValues(call);
        ReduceAll(call, room, values.Length, target, values.Length);
    }

    private void ReduceAll(in CollectiveCall call, byte* first, int stride, byte* target, int length)
    {
        for (var rank = 0; rank < WorldSize; rank++)
        {
            _sources[rank] = (nint)(first + ((long)rank * stride));
        }

        FusedReduction.Run(call.Element, call.Operation, _sources, [(nint)target], length / ElementTypes.SizeOf(call.Element));
    }

    /// <summary>Cuts values into a part for each rank.</summary>
    private void SetEqualParts(int length)
    {
        var part = ((length / WorldSize) + PieceAlignment) / PieceAlignment * PieceAlignment;
        for (var rank = 0; rank < WorldSize; rank++)
        {
            var start = (int)Math.Min(length, (long)rank * part);
            (_memory.SendCounts[rank], _memory.SendStarts[rank]) = (Math.Min(part, length - start), start);
        }
    }

    private void CopyParts()
    {
        for (var rank = 0; rank < WorldSize; rank++)
        {
            (_memory.Counts[rank], _memory.Starts[rank]) = (_parts[rank].Length, _parts[rank].Start);
        }
    }

    /// <summary>Gives each rank its part of this rank's values, piece by piece, and adds up what comes of its own.</summary>
    /// <param name="call">The call.</param>
    /// <param name="source">All parts.</param>
    /// <param name="target">Gets this rank's part, reduced; may be the same memory.</param>
    private void Exchange(in CollectiveCall call, byte* source, byte* target)
    {
        var longest = 0;
        for (var rank = 0; rank < WorldSize; rank++)
        {
            _parts[rank] = (_memory.SendStarts[rank], _memory.SendCounts[rank]);
            longest = Math.Max(longest, _parts[rank].Length);
        }

        var piece = Math.Max(PieceAlignment, Math.Min(LongestPiece, Math.Min(RoomBytes / WorldSize, longest + PieceAlignment - 1)) / PieceAlignment * PieceAlignment);
        var room = _memory.Room((long)piece * WorldSize);
        for (var done = 0; done < longest; done += piece)
        {
            var own = SetPiece(done, piece);
            _library.AllToAll((nint)source, _memory.SendCounts, _memory.SendStarts, (nint)room, _memory.Counts, _memory.Starts, _communicator, _memory.Requests);
            AwaitValues(call);
            if (own > 0)
            {
                _sources[Rank] = (nint)(source + _parts[Rank].Start + done);
                FusedReduction.Run(call.Element, call.Operation, _sources, [(nint)(target + done)], own / ElementTypes.SizeOf(call.Element));
            }
        }
    }

    /// <summary>Sets lengths and places of a piece of all parts. A rank keeps its own values.</summary>
    /// <returns>Bytes of this rank's piece.</returns>
    private int SetPiece(int done, int piece)
    {
        var own = Math.Clamp(_parts[Rank].Length - done, 0, piece);
        for (var rank = 0; rank < WorldSize; rank++)
        {
            var (start, length) = _parts[rank];
            _memory.SendCounts[rank] = rank == Rank ? 0 : Math.Clamp(length - done, 0, piece);
            _memory.SendStarts[rank] = start + Math.Min(done, length);
            (_memory.Counts[rank], _memory.Starts[rank]) = (rank == Rank ? 0 : own, rank * piece);
            _sources[rank] = (nint)(_memory.Room(0) + ((long)rank * piece));
        }

        return own;
    }
}
