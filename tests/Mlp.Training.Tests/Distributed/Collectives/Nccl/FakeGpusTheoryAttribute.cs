namespace Mlp.Training.Tests.Distributed.Collectives.Nccl;

/// <summary>A theory about groups of GPUs that <see cref="FakeGpus"/> shows, skipped where they cannot be built.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class FakeGpusTheoryAttribute : TheoryAttribute
{
    public FakeGpusTheoryAttribute() => Skip = FakeGpus.Problem;
}
