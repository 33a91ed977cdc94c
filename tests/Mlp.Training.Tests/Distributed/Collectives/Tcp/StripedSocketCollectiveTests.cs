using Mlp.Training.Distributed.Collectives;

namespace Mlp.Training.Tests.Distributed.Collectives.Tcp;

/// <summary>Several connections between two ranks, and segments so short that there are many of them.</summary>
public sealed class StripedSocketCollectiveTests(StripedSocketCollectiveTests.Worlds worlds) : CollectiveContract, IClassFixture<StripedSocketCollectiveTests.Worlds>
{
    protected override void Run(int worldSize, Action<ProcessGroup> program) => worlds.Ranks.Run(worldSize, program);

    public sealed class Worlds : IAsyncDisposable
    {
        public LoopbackWorlds Ranks { get; } = LoopbackWorlds.With(o => (o.Transport.UseSharedMemory, o.Transport.ConnectionsPerPeer, o.Transport.SegmentBytes, o.Transport.DirectBytes) = (false, 3, 4096, 100));

        public ValueTask DisposeAsync() => Ranks.DisposeAsync();
    }
}
