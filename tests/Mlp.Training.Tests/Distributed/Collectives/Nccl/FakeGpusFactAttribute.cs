namespace Mlp.Training.Tests.Distributed.Collectives.Nccl;

/// <summary>A fact about groups of GPUs that <see cref="FakeGpus"/> shows, skipped where they cannot be built.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class FakeGpusFactAttribute : FactAttribute
{
    public FakeGpusFactAttribute() => Skip = FakeGpus.Problem;
}
