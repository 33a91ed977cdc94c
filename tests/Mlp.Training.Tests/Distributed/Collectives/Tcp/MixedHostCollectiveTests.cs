using Mlp.Training.Distributed.Collectives;

namespace Mlp.Training.Tests.Distributed.Collectives.Tcp;

/// <summary>Ranks 0, 1, 4, 5 are on one host and 2, 3, 6, 7 on another: memory and sockets in one group.</summary>
public sealed class MixedHostCollectiveTests(MixedHostCollectiveTests.Worlds worlds) : CollectiveContract, IClassFixture<MixedHostCollectiveTests.Worlds>
{
    protected override void Run(int worldSize, Action<ProcessGroup> program) => worlds.Ranks.Run(worldSize, program);

    public sealed class Worlds : IAsyncDisposable
    {
        public LoopbackWorlds Ranks { get; } = new(size => LoopbackRanks.ConnectAsync(size, rank => rank / 2 % 2 == 0 ? "a" : "b"));

        public ValueTask DisposeAsync() => Ranks.DisposeAsync();
    }
}
