using Mlp.Training.Distributed.Collectives.Interop;
using Mlp.Training.Distributed.Collectives.Nccl.Interop;

namespace Mlp.Training.Distributed.Collectives.Nccl;

// NCCL adds up in an order of its own. Where the order of ranks is asked for it only moves the values, and the processor of each rank adds up a part, as every other backend does.
internal sealed partial class NcclBackend
{
    private void ReduceInOrder(in CollectiveCall call, ReadOnlySpan<byte> source, Span<byte> target)
    {
        var starts = PartStarts(call, source.Length);
        var length = starts[Rank + 1] - starts[Rank];
        var stride = StagingMemory.Aligned(length);
        var isOfHost = _place.Find(source) == 0;

        // Values of the host; this rank's part of each rank's; the part's sums, which go to all by way of the place of the values.
        var gathered = StagingMemory.Aligned(source.Length);
        var sums = gathered + (stride * WorldSize);
        Staging.Reserve(sums + stride);
        var from = isOfHost ? Staging.Put(source, 0) : _place.Find(source);
        if (!isOfHost)
        {
            _place.AwaitValues(call.Ready);
        }

        ExchangeParts(from, starts, gathered, stride);
        Staging.Download(gathered, stride * WorldSize);
        _place.Mark();
        _wait.Await(_place, call);
        if (length > 0)
        {
            Span<nint> parts = stackalloc nint[WorldSize];
            for (var rank = 0; rank < parts.Length; rank++)
            {
                parts[rank] = Staging.HostAt(gathered + (rank * stride));
            }

            FusedReduction.Run(call.Element, call.Operation, parts, [Staging.HostAt(sums)], length / ElementTypes.SizeOf(call.Element));
        }

        if (call.Kind == CollectiveKind.ReduceScatter)
        {
            TakePart(call, target, sums);
        }
        else
        {
            SharePart(call, target, starts, sums, length);
        }
    }

    private void ExchangeParts(nint from, long[] starts, long gathered, long stride)
    {
        var length = starts[Rank + 1] - starts[Rank];
        _wait.BeginStart();
        using (_communicator.Together())
        {
            for (var rank = 0; rank < WorldSize; rank++)
            {
                if (starts[rank + 1] > starts[rank])
                {
                    _communicator.Send(from + (nint)starts[rank], starts[rank + 1] - starts[rank], rank, _place.Stream);
                }

                if (length > 0)
                {
                    _communicator.Receive(Staging.DeviceAt(gathered + (rank * stride)), length, rank, _place.Stream);
                }
            }
        }
        _wait.EndStart();
    }

    private void TakePart(in CollectiveCall call, Span<byte> target, long sums)
    {
        if (_place.Find(target) is var to && to == 0)
        {
            Staging.Host(sums, target.Length).CopyTo(target);
            return;
        }

        _place.Cuda.Copy(to, Staging.HostAt(sums), target.Length, _place.Stream);
        _place.Mark();
        _wait.Await(_place, call);
    }

    private void SharePart(in CollectiveCall call, Span<byte> target, long[] starts, long sums, long length)
    {
        if (length > 0)
        {
            Staging.Upload(sums, length);
        }

        // The ranks that do not get the sums have room for them here too.
        var isGiven = call.Kind == CollectiveKind.AllReduce || call.Root == Rank;
        var place = _place.Find(target);
        var to = place != 0 && isGiven ? place : Staging.DeviceAt(0);
        _wait.BeginStart();
        GatherUneven(Staging.DeviceAt(sums), to, starts);
        _wait.EndStart();
        Leave(call, target, 0, isGiven);
    }
}
