using Mlp.Training.Distributed.Collectives;

namespace Mlp.Training.Tests.Distributed.Collectives;

/// <summary>A rank's end to which a fault happens at one of its calls. Groups that are split from it are free of faults.</summary>
internal sealed class FaultyBackend(CollectiveBackend inner, Fault fault) : CollectiveBackend
{
    private long _calls;

    /// <summary>How long a stalled rank waits to be let go before the test is given up.</summary>
    public static TimeSpan Patience => TimeSpan.FromMinutes(2);

    public override string Name => inner.Name;

    public override int Rank => inner.Rank;

    public override int WorldSize => inner.WorldSize;

    /// <summary>In-process groups of which a fault happens to one rank.</summary>
    public static IReadOnlyList<ProcessGroup> CreateInProcess(int worldSize, Fault fault, ProcessGroupOptions? options = null)
        => ProcessGroup.CreateInProcess(worldSize, options, end => new FaultyBackend(end, fault));

    public override void AllReduce(in CollectiveCall call, Span<byte> values)
    {
        if (Begin(call))
        {
            inner.AllReduce(call, values);
            End(call);
        }
    }

    public override void ReduceScatter(in CollectiveCall call, ReadOnlySpan<byte> values, Span<byte> result)
    {
        if (Begin(call))
        {
            inner.ReduceScatter(call, values, result);
            End(call);
        }
    }

    public override void AllGather(in CollectiveCall call, ReadOnlySpan<byte> values, Span<byte> result)
    {
        if (Begin(call))
        {
            inner.AllGather(call, values, result);
            End(call);
        }
    }

    public override void Broadcast(in CollectiveCall call, Span<byte> values)
    {
        if (Begin(call))
        {
            inner.Broadcast(call, values);
            End(call);
        }
    }

    public override void Reduce(in CollectiveCall call, Span<byte> values)
    {
        if (Begin(call))
        {
            inner.Reduce(call, values);
            End(call);
        }
    }

    public override void AllToAll(in CollectiveCall call, ReadOnlySpan<byte> values, Span<byte> result)
    {
        if (Begin(call))
        {
            inner.AllToAll(call, values, result);
            End(call);
        }
    }

    public override void Barrier(in CollectiveCall call)
    {
        if (Begin(call))
        {
            inner.Barrier(call);
            End(call);
        }
    }

    public override void Send(in CollectiveCall call, ReadOnlySpan<byte> values)
    {
        if (Begin(call))
        {
            inner.Send(call, values);
            End(call);
        }
    }

    public override void Receive(in CollectiveCall call, Span<byte> values)
    {
        if (Begin(call))
        {
            inner.Receive(call, values);
            End(call);
        }
    }

    public override CollectiveBackend? Split(in CollectiveCall call, IReadOnlyList<int> ranks) => inner.Split(call, ranks);

    public override void Abort(CollectiveException reason) => inner.Abort(reason);

    public override ValueTask DisposeAsync() => inner.DisposeAsync();

    private bool Begin(in CollectiveCall call)
    {
        inner.Observer = Observer;
        fault.Begun.AddOrUpdate(Rank, 1, static (_, calls) => calls + 1);
        if (Rank != fault.Rank || _calls++ != fault.Call)
        {
            return true;
        }

        switch (fault.Kind)
        {
            case FaultKind.Kill:
                throw new InjectedFaultException(Rank, call.Sequence);
            case FaultKind.Delay:
                Thread.Sleep(fault.Delay);
                return true;
            case FaultKind.Stall:
                Assert.True(fault.Release.Wait(Patience), $"Rank {Rank} was not let go at call {call.Sequence}.");
                return true;
            default:
                return fault.Kind != FaultKind.Drop;
        }
    }

    private void End(in CollectiveCall call)
    {
        if (fault.Kind == FaultKind.KillAfter && Rank == fault.Rank && _calls == fault.Call + 1)
        {
            throw new InjectedFaultException(Rank, call.Sequence);
        }
    }
}
