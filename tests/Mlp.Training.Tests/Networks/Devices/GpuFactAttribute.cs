using Mlp.Training.Networks.Devices;

namespace Mlp.Training.Tests.Networks.Devices;

/// <summary>A fact about training on NVIDIA GPUs, skipped where there are fewer. Run by <c>-p:MlpAccelerator=cuda --filter Category=Gpu</c>.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class GpuFactAttribute : FactAttribute
{
    public GpuFactAttribute(int count = 1)
    {
        var gpus = new TorchGpus();
        Skip = !gpus.HasCuda ? "This libtorch has no CUDA."
            : gpus.Count < count ? FormattableString.Invariant($"This machine shows {gpus.Count} GPUs, and {count} are needed.")
            : null;
    }
}
