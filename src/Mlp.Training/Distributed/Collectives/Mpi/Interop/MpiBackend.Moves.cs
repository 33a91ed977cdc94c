namespace Mlp.Training.Distributed.Collectives.Mpi.Interop;

// Calls that move values and leave them as they are.
internal sealed unsafe partial class MpiBackend
{
    /// <inheritdoc/>
    public override void AllGather(in CollectiveCall call, ReadOnlySpan<byte> values, Span<byte> result)
    {
        using var turn = Begin(call);
        var (start, size) = (0, ElementTypes.SizeOf(call.Element));
        for (var rank = 0; rank < WorldSize; rank++)
        {
            (_memory.Counts[rank], _memory.Starts[rank]) = ((call.Counts?[rank] ?? (int)call.Length) * size, start);
            start += _memory.Counts[rank];
        }

        if (result.IsEmpty)
        {
            return;
        }

        var own = result.Slice(_memory.Starts[Rank], _memory.Counts[Rank]);
        if (!values.Overlaps(own))
        {
            values.CopyTo(own);
        }

        fixed (byte* target = result)
        {
            _library.AllGather((nint)target, _memory.Counts, _memory.Starts, _communicator, _memory.Requests);
            AwaitValues(call);
        }
    }

    /// <inheritdoc/>
    public override void Broadcast(in CollectiveCall call, Span<byte> values)
    {
        using var turn = Begin(call);
        if (values.IsEmpty)
        {
            return;
        }

        fixed (byte* target = values)
        {
            _library.Broadcast((nint)target, values.Length, call.Root, _communicator, _memory.Requests);
            AwaitValues(call);
        }
    }

    /// <inheritdoc/>
    public override void AllToAll(in CollectiveCall call, ReadOnlySpan<byte> values, Span<byte> result)
    {
        using var turn = Begin(call);
        if (values.IsEmpty)
        {
            return;
        }

        var part = values.Length / WorldSize;
        for (var rank = 0; rank < WorldSize; rank++)
        {
            (_memory.Counts[rank], _memory.Starts[rank]) = (part, rank * part);
        }

        fixed (byte* source = values, target = result)
        {
            _library.AllToAll((nint)source, _memory.Counts, _memory.Starts, (nint)target, _memory.Counts, _memory.Starts, _communicator, _memory.Requests);
            AwaitValues(call);
        }
    }

    /// <inheritdoc/>
    public override void Barrier(in CollectiveCall call)
    {
        // That all heads have come is the barrier.
        using var turn = Begin(call);
        if (!_settings.ChecksCalls)
        {
            _library.Barrier(_communicator, _memory.Requests);
            AwaitValues(call);
        }
    }

    private int[][] ShareLists(in CollectiveCall call, IReadOnlyList<int> ranks)
    {
        var all = new Span<int>(_memory.Room((long)WorldSize * WorldSize * sizeof(int)), WorldSize * WorldSize);
        for (var rank = 0; rank < WorldSize; rank++)
        {
            (_memory.Counts[rank], _memory.Starts[rank]) = (WorldSize * sizeof(int), rank * WorldSize * sizeof(int));
            all[(Rank * WorldSize) + rank] = rank < ranks.Count ? ranks[rank] : -1;
        }

        _library.AllGather((nint)_memory.Room(0), _memory.Counts, _memory.Starts, _communicator, _memory.Requests);
        _wait.AwaitRanks(call, -1, _memory.Requests, 1);
        return [.. all.ToArray().Chunk(WorldSize).Select(list => list.TakeWhile(r => r >= 0).ToArray())];
    }

    private void AwaitValues(in CollectiveCall call) => _wait.AwaitValues(call, this, _memory.Requests, 1);
}
