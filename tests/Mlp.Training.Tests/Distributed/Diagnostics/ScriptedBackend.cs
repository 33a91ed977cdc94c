using System.Runtime.InteropServices;
using Microsoft.Extensions.Time.Testing;
using Mlp.Training.Distributed.Collectives;

namespace Mlp.Training.Tests.Distributed.Diagnostics;

/// <summary>Rank 0 of ranks that do as they are told: the clock moves by what a call waits and takes, and all ranks have the same values.</summary>
internal sealed class ScriptedBackend(int worldSize, FakeTimeProvider clock) : CollectiveBackend
{
    /// <summary>What each call waits for the last rank.</summary>
    public TimeSpan Wait { get; set; }

    /// <summary>Who comes last.</summary>
    public int LastRank { get; set; }

    /// <summary>What each call takes when all are there.</summary>
    public TimeSpan Transfer { get; set; }

    public override string Name => "tcp";

    public override int Rank => 0;

    public override int WorldSize => worldSize;

    // All but the last rank have seen what rank 0 has.
    public override void AllReduce(in CollectiveCall call, Span<byte> values)
    {
        Pass(call);
        foreach (ref var wait in call.Tensor == "waits by rank" ? MemoryMarshal.Cast<byte, double>(values) : [])
        {
            wait *= worldSize - 1;
        }
    }

    public override void AllGather(in CollectiveCall call, ReadOnlySpan<byte> values, Span<byte> result)
    {
        for (var start = 0; start < result.Length; start += Math.Max(1, values.Length))
        {
            values.CopyTo(result[start..]);
        }
    }

    public override void Barrier(in CollectiveCall call) => Pass(call);

    public override void ReduceScatter(in CollectiveCall call, ReadOnlySpan<byte> values, Span<byte> result) => throw new NotSupportedException();

    public override void Broadcast(in CollectiveCall call, Span<byte> values) => throw new NotSupportedException();

    public override void Reduce(in CollectiveCall call, Span<byte> values) => throw new NotSupportedException();

    public override void AllToAll(in CollectiveCall call, ReadOnlySpan<byte> values, Span<byte> result) => throw new NotSupportedException();

    public override void Send(in CollectiveCall call, ReadOnlySpan<byte> values) => throw new NotSupportedException();

    public override void Receive(in CollectiveCall call, Span<byte> values) => throw new NotSupportedException();

    public override CollectiveBackend? Split(in CollectiveCall call, IReadOnlyList<int> ranks) => throw new NotSupportedException();

    public override void Abort(CollectiveException reason)
    {
    }

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private void Pass(in CollectiveCall call)
    {
        clock.Advance(Wait);
        Observer?.Met(call, LastRank);
        clock.Advance(Transfer);
    }
}
