using Mlp.Runtime.Accelerators;

namespace Mlp.Runtime.Tests.Accelerators;

/// <summary>A theory about the CPU build of ONNX Runtime, skipped where the tests run with the CUDA build.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class CpuBuildTheoryAttribute : TheoryAttribute
{
    public CpuBuildTheoryAttribute()
    {
        if (new AcceleratorProbe().HasCudaBuild)
        {
            Skip = "The tests run with the CUDA build of ONNX Runtime.";
        }
    }
}
