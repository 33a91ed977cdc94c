using Microsoft.Extensions.Time.Testing;
using Mlp.Training.Distributed.Collectives;

namespace Mlp.Training.Tests.Distributed.DataParallel.Tuning;

/// <summary>A rank's end whose sums take the time, of a clock that only they move, that a link of known latency and bandwidth takes.</summary>
internal sealed class PacedBackend(CollectiveBackend inner, FakeTimeProvider clock, TimeSpan latency, double bytesPerSecond) : CollectiveBackend
{
    public override string Name => inner.Name;

    public override int Rank => inner.Rank;

    public override int WorldSize => inner.WorldSize;

    public override void AllReduce(in CollectiveCall call, Span<byte> values)
    {
        inner.AllReduce(call, values);
        clock.Advance(latency + TimeSpan.FromSeconds(values.Length / bytesPerSecond));
    }

    public override void ReduceScatter(in CollectiveCall call, ReadOnlySpan<byte> values, Span<byte> result) => inner.ReduceScatter(call, values, result);

    public override void AllGather(in CollectiveCall call, ReadOnlySpan<byte> values, Span<byte> result) => inner.AllGather(call, values, result);

    public override void Broadcast(in CollectiveCall call, Span<byte> values) => inner.Broadcast(call, values);

    public override void Reduce(in CollectiveCall call, Span<byte> values) => inner.Reduce(call, values);

    public override void AllToAll(in CollectiveCall call, ReadOnlySpan<byte> values, Span<byte> result) => inner.AllToAll(call, values, result);

    public override void Barrier(in CollectiveCall call) => inner.Barrier(call);

    public override void Send(in CollectiveCall call, ReadOnlySpan<byte> values) => inner.Send(call, values);

    public override void Receive(in CollectiveCall call, Span<byte> values) => inner.Receive(call, values);

    public override CollectiveBackend? Split(in CollectiveCall call, IReadOnlyList<int> ranks) => inner.Split(call, ranks);

    public override void Abort(CollectiveException reason) => inner.Abort(reason);

    public override ValueTask DisposeAsync() => inner.DisposeAsync();
}
