using Mlp.Training.Distributed.Collectives.Interop;

namespace Mlp.Training.Distributed.Collectives.InProcess.Interop;

/// <summary>
/// A rank that is a thread of this process. Ranks show the addresses of their pinned buffers and work on each other's memory: each reduces a slice of all buffers, in the order of ranks, and writes the outcome to all. There is no copy
/// in between and no byte is moved twice.
/// </summary>
/// <param name="group">What the ranks share.</param>
/// <param name="rank">This rank.</param>
internal sealed unsafe class InProcessBackend(InProcessGroup group, int rank) : CollectiveBackend
{
    // Slices begin at cache lines of the others' buffers where these do, and are whole vectors.
    private const int SliceUnit = 256;
    private readonly MeetingPoint _point = group.Point;
    private int _left;

    /// <inheritdoc/>
    public override string Name => "in-process";

    /// <inheritdoc/>
    public override int Rank => rank;

    /// <inheritdoc/>
    public override int WorldSize => _point.WorldSize;

    /// <inheritdoc/>
    public override CollectiveException? Failure => _point.Failure;

    /// <inheritdoc/>
    public override void AllReduce(in CollectiveCall call, Span<byte> values)
    {
        if (values.Length <= InProcessGroup.StageSize)
        {
            AllReduceOnStage(call, values);
            return;
        }

        fixed (byte* target = values)
        {
            var arrival = Meet(call, 0, (nint)target);
            var (start, count) = Slice(call.Length);
            Span<nint> buffers = stackalloc nint[WorldSize];
            var offset = start * ElementTypes.SizeOf(call.Element);
            for (var other = 0; other < buffers.Length; other++)
            {
                buffers[other] = _point.Shown(other, arrival).Target + (nint)offset;
            }

            FusedReduction.Run(call.Element, call.Operation, buffers, buffers, count);
            _point.Finish(rank, call);
        }
    }

    /// <inheritdoc/>
    public override void ReduceScatter(in CollectiveCall call, ReadOnlySpan<byte> values, Span<byte> result)
    {
        fixed (byte* source = values, target = result)
        {
            var arrival = Meet(call, (nint)source, (nint)target);
            var start = PartStart(call, rank, result.Length);
            Span<nint> sources = stackalloc nint[WorldSize];
            for (var other = 0; other < sources.Length; other++)
            {
                sources[other] = _point.Shown(other, arrival).Source + start;
            }

            FusedReduction.Run(call.Element, call.Operation, sources, [(nint)target], result.Length / ElementTypes.SizeOf(call.Element));
            _point.Finish(rank, call);
        }
    }

    /// <inheritdoc/>
    public override void AllGather(in CollectiveCall call, ReadOnlySpan<byte> values, Span<byte> result)
    {
        fixed (byte* source = values, target = result)
        {
            var arrival = Meet(call, (nint)source, (nint)target);
            var start = (nint)0;
            for (var other = 0; other < WorldSize; other++)
            {
                var length = call.Counts is { } counts ? (nint)counts[other] * ElementTypes.SizeOf(call.Element) : values.Length;
                Copy(_point.Shown(other, arrival).Source, (nint)target + start, length);
                start += length;
            }

            _point.Finish(rank, call);
        }
    }

    /// <inheritdoc/>
    public override void Broadcast(in CollectiveCall call, Span<byte> values)
    {
        fixed (byte* target = values)
        {
            var arrival = Meet(call, 0, (nint)target);

            // The root does its share of the copying: the last part of each rank's values.
            var pulled = (nint)values.Length / WorldSize * (WorldSize - 1);
            if (rank != call.Root)
            {
                Copy(_point.Shown(call.Root, arrival).Target, (nint)target, pulled);
            }
            else
            {
                for (var other = 0; other < WorldSize; other++)
                {
                    Copy((nint)target + pulled, _point.Shown(other, arrival).Target + pulled, values.Length - pulled);
                }
            }

            _point.Finish(rank, call);
        }
    }

    /// <inheritdoc/>
    public override void Reduce(in CollectiveCall call, Span<byte> values)
    {
        fixed (byte* own = values)
        {
            var arrival = Meet(call, 0, (nint)own);
            var (start, count) = Slice(call.Length);
            Span<nint> sources = stackalloc nint[WorldSize];
            var offset = start * ElementTypes.SizeOf(call.Element);
            for (var other = 0; other < sources.Length; other++)
            {
                sources[other] = _point.Shown(other, arrival).Target + (nint)offset;
            }

            FusedReduction.Run(call.Element, call.Operation, sources, [sources[call.Root]], count);
            _point.Finish(rank, call);
        }
    }

    /// <inheritdoc/>
    public override void AllToAll(in CollectiveCall call, ReadOnlySpan<byte> values, Span<byte> result)
    {
        fixed (byte* source = values, target = result)
        {
            var arrival = Meet(call, (nint)source, (nint)target);
            var part = (nint)values.Length / WorldSize;
            for (var other = 0; other < WorldSize; other++)
            {
                Copy(_point.Shown(other, arrival).Source + (rank * part), (nint)target + (other * part), part);
            }

            _point.Finish(rank, call);
        }
    }

    /// <inheritdoc/>
    public override void Barrier(in CollectiveCall call) => Meet(call, 0, 0);

    /// <inheritdoc/>
    public override void Send(in CollectiveCall call, ReadOnlySpan<byte> values)
    {
        fixed (byte* source = values)
        {
            group.Channel(rank, call.Root).Give(new(call, (nint)source, 0, null));
        }
    }

    /// <inheritdoc/>
    public override void Receive(in CollectiveCall call, Span<byte> values)
    {
        var channel = group.Channel(call.Root, rank);
        var source = channel.Take(call);
        fixed (byte* target = values)
        {
            Copy(source, (nint)target, values.Length);
        }

        channel.Complete(call);
    }

    /// <inheritdoc/>
    public override CollectiveBackend? Split(in CollectiveCall call, IReadOnlyList<int> ranks)
    {
        var arrival = Meet(call, 0, 0, ranks);
        SplitLists.ThrowIfMismatched(_point, call, arrival, rank);
        if (ranks.Count > 0 && ranks[0] == rank)
        {
            group.Form(rank, CollectiveSentences.NameOfSplit(call, _point.Name), ranks.Count);
        }

        _point.Finish(rank, call);
        return ranks.Count == 0 ? null : new InProcessBackend(group.Formed(ranks[0]), ranks.TakeWhile(r => r != rank).Count());
    }

    /// <inheritdoc/>
    public override void Abort(CollectiveException reason) => group.Fail(reason);

    /// <inheritdoc/>
    public override ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _left, 1) == 0)
        {
            group.Leave(rank);
        }

        return ValueTask.CompletedTask;
    }

    private static void Copy(nint source, nint target, nint length)
    {
        if (source != target)
        {
            Buffer.MemoryCopy((void*)source, (void*)target, length, length);
        }
    }

    private static nint PartStart(in CollectiveCall call, int rank, int partLength)
    {
        if (call.Counts is not { } counts)
        {
            return (nint)rank * partLength;
        }

        nint start = 0;
        for (var before = 0; before < rank; before++)
        {
            start += counts[before];
        }

        return start * ElementTypes.SizeOf(call.Element);
    }

    // A short call reads copies, so that nobody waits a second time.
    private void AllReduceOnStage(in CollectiveCall call, Span<byte> values)
    {
        var arrival = _point.NextArrival(rank);
        values.CopyTo(group.Stage(rank, arrival));
        Meet(call, 0, 0);
        Span<nint> sources = stackalloc nint[WorldSize];
        for (var other = 0; other < sources.Length; other++)
        {
            fixed (byte* stage = group.Stage(other, arrival))
            {
                // The stage is pinned for good.
                sources[other] = (nint)stage;
            }
        }

        fixed (byte* target = values)
        {
            FusedReduction.Run(call.Element, call.Operation, sources, [(nint)target], call.Length);
        }
    }

    private long Meet(in CollectiveCall call, nint source, nint target, IReadOnlyList<int>? ranks = null)
    {
        var arrival = _point.Arrive(rank, new(call, source, target, ranks), out var lastRank);
        Observer?.Met(call, lastRank);
        return arrival;
    }

    private (long Start, long Count) Slice(long length)
    {
        var size = ((((length + WorldSize - 1) / WorldSize) + SliceUnit - 1) / SliceUnit) * SliceUnit;
        var start = Math.Min(length, size * rank);
        return (start, Math.Min(length - start, size));
    }
}
