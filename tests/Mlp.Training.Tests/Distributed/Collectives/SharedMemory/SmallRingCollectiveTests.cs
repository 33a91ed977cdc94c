using Mlp.Training.Distributed.Collectives;
using Mlp.Training.Tests.Distributed.Collectives.Tcp;

namespace Mlp.Training.Tests.Distributed.Collectives.SharedMemory;

/// <summary>Rings and segments so small that values go round and round.</summary>
public sealed class SmallRingCollectiveTests(SmallRingCollectiveTests.Worlds worlds) : CollectiveContract, IClassFixture<SmallRingCollectiveTests.Worlds>
{
    protected override void Run(int worldSize, Action<ProcessGroup> program) => worlds.Ranks.Run(worldSize, program);

    public sealed class Worlds : IAsyncDisposable
    {
        public LoopbackWorlds Ranks { get; } = LoopbackWorlds.With(o => (o.Transport.SharedMemoryBytes, o.Transport.SegmentBytes, o.Transport.DirectBytes) = (65536, 4096, 100));

        public ValueTask DisposeAsync() => Ranks.DisposeAsync();
    }
}
