using Mlp.Training.Distributed.Collectives;
using Mlp.Training.Tests.Distributed.Collectives.Tcp;

namespace Mlp.Training.Tests.Distributed.Collectives.Nccl;

/// <summary>Threads of this process with a GPU each. Without a compiler nothing is run here; the facts beside this class say so.</summary>
public sealed class NcclCollectiveTests(NcclCollectiveTests.Worlds worlds) : CollectiveContract, IClassFixture<NcclCollectiveTests.Worlds>
{
    protected override void Run(int worldSize, Action<ProcessGroup> program) => worlds.Ranks?.Run(worldSize, program);

    public sealed class Worlds : IAsyncDisposable
    {
        private readonly FakeGpus? _gpus = FakeGpus.Problem is null ? new() : null;

        public Worlds() => Ranks = _gpus is null ? null : new(size => Task.FromResult(_gpus.Create(size, o => o.Deterministic = true).ToArray()));

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
