using Mlp.Training.Distributed.Collectives;

namespace Mlp.Training.Tests.Distributed.Collectives.Tcp;

/// <summary>All ranks use sockets, as on different hosts.</summary>
public sealed class SocketCollectiveTests(SocketCollectiveTests.Worlds worlds) : CollectiveContract, IClassFixture<SocketCollectiveTests.Worlds>
{
    protected override void Run(int worldSize, Action<ProcessGroup> program) => worlds.Ranks.Run(worldSize, program);

    public sealed class Worlds : IAsyncDisposable
    {
        public LoopbackWorlds Ranks { get; } = LoopbackWorlds.With(o => o.Transport.UseSharedMemory = false);

        public ValueTask DisposeAsync() => Ranks.DisposeAsync();
    }
}
