using Mlp.Training.Distributed.Collectives;
using Mlp.Training.Distributed.Launch;

namespace Mlp.Training.Tests.Distributed.Collectives.Tcp;

/// <summary>Ranks in a ring of sockets. In deterministic mode their sums are in the order of ranks too.</summary>
public sealed class RingCollectiveTests(RingCollectiveTests.Worlds worlds) : CollectiveContract, IClassFixture<RingCollectiveTests.Worlds>
{
    protected override void Run(int worldSize, Action<ProcessGroup> program) => worlds.Ranks.Run(worldSize, program);

    public sealed class Worlds : IAsyncDisposable
    {
        public LoopbackWorlds Ranks { get; } = LoopbackWorlds.With(o => (o.Transport.UseSharedMemory, o.Transport.Algorithm) = (false, ReductionAlgorithm.Ring));

        public ValueTask DisposeAsync() => Ranks.DisposeAsync();
    }
}
