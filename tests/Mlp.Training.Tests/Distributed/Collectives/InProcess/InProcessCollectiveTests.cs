using Mlp.Training.Distributed.Collectives;

namespace Mlp.Training.Tests.Distributed.Collectives.InProcess;

public sealed class InProcessCollectiveTests : CollectiveContract
{
    protected override void Run(int worldSize, Action<ProcessGroup> program) => ProcessGroup.RunInProcess(worldSize, program);
}
