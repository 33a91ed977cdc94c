using Mlp.Training.Distributed.Collectives;
using Mlp.Training.Tests.Distributed.Collectives.Tcp;

namespace Mlp.Training.Tests.Distributed.Collectives.Nccl;

/// <summary>Ranks that meet by TCP, as processes do, and have a GPU each. Without a compiler nothing is run here.</summary>
public sealed class NcclProcessCollectiveTests(NcclProcessCollectiveTests.Worlds worlds) : CollectiveContract, IClassFixture<NcclProcessCollectiveTests.Worlds>
{
    protected override int MaximumWorldSize => 4;

    protected override void Run(int worldSize, Action<ProcessGroup> program) => worlds.Ranks?.Run(worldSize, program);

    public sealed class Worlds : IAsyncDisposable
    {
        private readonly FakeGpus? _gpus = FakeGpus.Problem is null ? new() : null;

        public Worlds() => Ranks = _gpus is null ? null : LoopbackWorlds.With(o => _gpus.Configure(o).Nccl.Device = o.Rendezvous.Rank);

        public LoopbackWorlds? Ranks { get; }

        public async ValueTask DisposeAsync()
        {
            if (Ranks is not null)
            {
                await Ranks.DisposeAsync();
            }

            _gpus?.Dispose();
        }
    }
}
