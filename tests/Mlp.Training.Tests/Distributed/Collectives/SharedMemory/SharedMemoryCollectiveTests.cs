using Mlp.Training.Distributed.Collectives;
using Mlp.Training.Tests.Distributed.Collectives.Tcp;

namespace Mlp.Training.Tests.Distributed.Collectives.SharedMemory;

/// <summary>Ranks of one host share memory.</summary>
public sealed class SharedMemoryCollectiveTests(SharedMemoryCollectiveTests.Worlds worlds) : CollectiveContract, IClassFixture<SharedMemoryCollectiveTests.Worlds>
{
    protected override void Run(int worldSize, Action<ProcessGroup> program) => worlds.Ranks.Run(worldSize, program);

    public sealed class Worlds : IAsyncDisposable
    {
        public LoopbackWorlds Ranks { get; } = LoopbackWorlds.With(o => o.Transport.UseSharedMemory = true);

        public ValueTask DisposeAsync() => Ranks.DisposeAsync();
    }
}
