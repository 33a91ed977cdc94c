using Mlp.Training.Distributed.Collectives.Nccl.Interop;

namespace Mlp.Training.Distributed.Collectives.Nccl;

// What NCCL does. Values of the host lie in the staging memory, source before target; those of a GPU where they are.
internal sealed partial class NcclBackend
{
    private void ReduceInPlace(in CollectiveCall call, Span<byte> values)
    {
        var at = Enter(call, values);
        _wait.BeginStart();
        if (call.Kind == CollectiveKind.AllReduce)
        {
            _communicator.AllReduce(at, at, call.Length, call.Element, call.Operation, _place.Stream);
        }
        else
        {
            _communicator.Reduce(at, at, call.Length, call.Element, call.Operation, call.Root, _place.Stream);
        }

        _wait.EndStart();
        Leave(call, values, 0, isGiven: call.Kind == CollectiveKind.AllReduce || call.Root == Rank);
    }

    private void Give(in CollectiveCall call, Span<byte> values)
    {
        var at = Enter(call, values, hasValues: call.Root == Rank);
        _wait.BeginStart();
        _communicator.Broadcast(at, at, values.Length, call.Root, _place.Stream);
        _wait.EndStart();
        Leave(call, values, 0, isGiven: call.Root != Rank);
    }

    private void Scatter(in CollectiveCall call, ReadOnlySpan<byte> values, Span<byte> result)
    {
        var (from, to, offset) = Enter(call, values, result);
        _wait.BeginStart();
        if (call.Counts is not { } counts)
        {
            _communicator.ReduceScatter(from, to, call.Length / WorldSize, call.Element, call.Operation, _place.Stream);
        }
        else
        {
            var (size, start) = (ElementTypes.SizeOf(call.Element), (nint)0);
            using (_communicator.Together())
            {
                for (var rank = 0; rank < counts.Length; rank++)
                {
                    if (counts[rank] > 0)
                    {
                        _communicator.Reduce(from + start, to, counts[rank], call.Element, call.Operation, rank, _place.Stream);
                        start += (nint)counts[rank] * size;
                    }
                }
            }
        }

        _wait.EndStart();
        Leave(call, result, offset, isGiven: true);
    }

    private void Gather(in CollectiveCall call, ReadOnlySpan<byte> values, Span<byte> result)
    {
        var starts = PartStarts(call, result.Length);
        var own = starts[Rank];
        var to = Enter(call, result, hasValues: false);
        if (_place.Find(values) is var from && from == 0)
        {
            if (_place.Find(result) == 0)
            {
                from = Staging.Put(values, own);
            }
            else
            {
                Staging.Reserve(values.Length);
                from = Staging.Put(values, 0);
            }
        }
        else
        {
            _place.AwaitValues(call.Ready);
        }

        _wait.BeginStart();
        if (call.Counts is null)
        {
            _communicator.AllGather(from, to, values.Length, _place.Stream);
        }
        else
        {
            GatherUneven(from, to, starts);
        }

        _wait.EndStart();
        Leave(call, result, 0, isGiven: true);
    }

    private void GatherUneven(nint from, nint to, long[] starts)
    {
        using (_communicator.Together())
        {
            for (var rank = 0; rank < WorldSize; rank++)
            {
                var target = to + (nint)starts[rank];
                if (starts[rank + 1] > starts[rank])
                {
                    _communicator.Broadcast(rank == Rank ? from : target, target, starts[rank + 1] - starts[rank], rank, _place.Stream);
                }
            }
        }
    }

    private void Exchange(in CollectiveCall call, ReadOnlySpan<byte> values, Span<byte> result)
    {
        var (from, to, offset) = Enter(call, values, result);
        var part = (nint)values.Length / WorldSize;
        _wait.BeginStart();
        using (_communicator.Together())
        {
            for (var rank = 0; rank < WorldSize; rank++)
            {
                _communicator.Send(from + (rank * part), part, rank, _place.Stream);
                _communicator.Receive(to + (rank * part), part, rank, _place.Stream);
            }
        }
        _wait.EndStart();
        Leave(call, result, offset, isGiven: true);
    }

    private void Message(in CollectiveCall call, ReadOnlySpan<byte> source, Span<byte> target)
    {
        var isSend = call.Kind == CollectiveKind.Send;
        var at = isSend ? Enter(call, source) : Enter(call, target, hasValues: false);
        _wait.BeginStart();
        if (isSend)
        {
            _communicator.Send(at, source.Length, call.Root, _place.Stream);
        }
        else
        {
            _communicator.Receive(at, target.Length, call.Root, _place.Stream);
        }

        _wait.EndStart();
        Leave(call, target, 0, isGiven: !isSend);
    }

    /// <summary>Brings values to the GPU.</summary>
    /// <returns>Where they lie there.</returns>
    private nint Enter(in CollectiveCall call, ReadOnlySpan<byte> values, bool hasValues = true)
    {
        if (_place.Find(values) is var found && found != 0)
        {
            _place.AwaitValues(call.Ready);
            return found;
        }

        Staging.Reserve(values.Length);
        return hasValues ? Staging.Put(values, 0) : Staging.DeviceAt(0);
    }

    private (nint From, nint To, long Offset) Enter(in CollectiveCall call, ReadOnlySpan<byte> values, Span<byte> result)
    {
        var (from, to) = (_place.Find(values), _place.Find(result));
        var offset = from == 0 ? StagingMemory.Aligned(values.Length) : 0;
        Staging.Reserve(offset + (to == 0 ? result.Length : 0));
        if (from == 0)
        {
            from = Staging.Put(values, 0);
        }

        // What is written into a GPU's memory waits as well: whoever uses it before must be done.
        if (offset == 0 || to != 0)
        {
            _place.AwaitValues(call.Ready);
        }

        return (from, to == 0 ? Staging.DeviceAt(offset) : to, offset);
    }

    /// <summary>Waits for the GPU, and brings values of the host back.</summary>
    private void Leave(in CollectiveCall call, Span<byte> values, long offset, bool isGiven)
    {
        var isOfHost = isGiven && values.Length > 0 && _place.Find(values) == 0;
        if (isOfHost)
        {
            Staging.Download(offset, values.Length);
        }

        _place.Mark();
        _wait.Await(_place, call);
        if (isOfHost)
        {
            Staging.Host(offset, values.Length).CopyTo(values);
        }
    }

    /// <summary>Where the parts of all ranks begin, in bytes, and where the last ends.</summary>
    private long[] PartStarts(in CollectiveCall call, long bytes)
    {
        var (starts, size) = (new long[WorldSize + 1], ElementTypes.SizeOf(call.Element));
        var count = bytes / size;
        for (var rank = 0; rank < WorldSize; rank++)
        {
            var part = call.Counts is { } counts ? counts[rank] : (count * (rank + 1) / WorldSize) - (count * rank / WorldSize);
            starts[rank + 1] = starts[rank] + (part * size);
        }

        return starts;
    }
}
