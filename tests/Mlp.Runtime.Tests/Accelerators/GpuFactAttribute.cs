using Mlp.Runtime.Accelerators;

namespace Mlp.Runtime.Tests.Accelerators;

/// <summary>A fact about an NVIDIA GPU, skipped where there is none or where ONNX Runtime cannot use it. Run by <c>-p:MlpAccelerator=cuda --filter Category=Gpu</c>.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class GpuFactAttribute : FactAttribute
{
    public GpuFactAttribute(Accelerator accelerator = Accelerator.Cuda)
    {
        try
        {
            AcceleratorSelector.Select(accelerator, AcceleratorSettings.Default, new AcceleratorProbe());
        }
        catch (AcceleratorUnavailableException e)
        {
            Skip = $"This machine has no accelerator {accelerator}: {e.Missing}.";
        }
    }
}
