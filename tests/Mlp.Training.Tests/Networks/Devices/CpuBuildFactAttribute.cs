using Mlp.Training.Networks.Devices;

namespace Mlp.Training.Tests.Networks.Devices;

/// <summary>A fact about a libtorch without CUDA, skipped where there is one with.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class CpuBuildFactAttribute : FactAttribute
{
    public CpuBuildFactAttribute() => Skip = new TorchGpus().HasCuda ? "This libtorch has CUDA." : null;
}
