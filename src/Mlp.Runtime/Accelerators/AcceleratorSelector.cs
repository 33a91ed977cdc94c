namespace Mlp.Runtime.Accelerators;

/// <summary>Decides where a model runs before its session is created: ONNX Runtime itself would fall back without a word.</summary>
internal static class AcceleratorSelector
{
    internal const string NoCudaBuild =
        "the ONNX Runtime in this process has no CUDA build: add the NuGet package 'Microsoft.ML.OnnxRuntime.Gpu' to the application in place of 'Microsoft.ML.OnnxRuntime'";

    internal const string NoGpu = "ONNX Runtime has its CUDA build, but the driver offers no NVIDIA GPU";

    /// <summary>Chooses.</summary>
    /// <param name="asked">What the model's options ask for.</param>
    /// <param name="probe">What this process has; not asked for <see cref="Accelerator.Cpu"/>.</param>
    /// <returns>The choice.</returns>
    /// <exception cref="AcceleratorUnavailableException">CUDA was asked for and something for it is missing.</exception>
    public static AcceleratorChoice Select(Accelerator asked, IAcceleratorProbe probe)
    {
        if (asked == Accelerator.Cpu)
        {
            return AcceleratorChoice.Cpu;
        }

        var missing = !probe.HasCudaBuild ? NoCudaBuild : probe.GpuCount == 0 ? NoGpu : null;
        return (missing, asked) switch
        {
            (null, _) => new AcceleratorChoice(Accelerator.Cuda, null),
            (_, Accelerator.Auto) => new AcceleratorChoice(Accelerator.Cpu, missing),
            _ => throw new AcceleratorUnavailableException(asked, missing),
        };
    }
}
