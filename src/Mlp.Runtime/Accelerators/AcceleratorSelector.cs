namespace Mlp.Runtime.Accelerators;

/// <summary>Decides where a model runs before its session is created: ONNX Runtime itself would fall back without a word.</summary>
internal static class AcceleratorSelector
{
    internal const string NoCudaBuild =
        "the ONNX Runtime in this process has no CUDA build: add the NuGet package 'Microsoft.ML.OnnxRuntime.Gpu' to the application in place of 'Microsoft.ML.OnnxRuntime'";

    internal const string NoTensorRtBuild =
        "the ONNX Runtime in this process has no TensorRT build: add the NuGet package 'Microsoft.ML.OnnxRuntime.Gpu' to the application in place of 'Microsoft.ML.OnnxRuntime'";

    internal const string NoGpu = "ONNX Runtime has its CUDA build, but the driver offers no NVIDIA GPU";

    /// <summary>Chooses.</summary>
    /// <param name="asked">What the model's options ask for.</param>
    /// <param name="settings">Which GPU, and how.</param>
    /// <param name="probe">What this process has; not asked for <see cref="Accelerator.Cpu"/>.</param>
    /// <returns>The choice.</returns>
    /// <exception cref="AcceleratorUnavailableException">A GPU was asked for and something for it is missing.</exception>
    /// <exception cref="AcceleratorOptionsException">ONNX Runtime does not know an option, or its value.</exception>
    public static AcceleratorChoice Select(Accelerator asked, AcceleratorSettings settings, IAcceleratorProbe probe)
    {
        if (asked == Accelerator.Cpu)
        {
            return AcceleratorChoice.Cpu;
        }

        var choice = new AcceleratorChoice(asked == Accelerator.TensorRt ? asked : Accelerator.Cuda, null) { Settings = settings };
        try
        {
            if (FindMissing(choice, probe) is { } missing)
            {
                throw new AcceleratorUnavailableException(choice.Accelerator, missing);
            }

            probe.Try(choice);
            return choice;
        }
        catch (AcceleratorUnavailableException e) when (asked == Accelerator.Auto)
        {
            return new AcceleratorChoice(Accelerator.Cpu, e.Missing);
        }
    }

    private static string? FindMissing(AcceleratorChoice choice, IAcceleratorProbe probe)
    {
        if (!probe.HasCudaBuild)
        {
            return choice.Accelerator == Accelerator.TensorRt ? NoTensorRtBuild : NoCudaBuild;
        }

        if (choice.Accelerator == Accelerator.TensorRt && !probe.HasTensorRtBuild)
        {
            return NoTensorRtBuild;
        }

        var count = probe.GpuCount;
        return count == 0 ? NoGpu
            : choice.Settings.Device >= count
                ? FormattableString.Invariant(
                    $"the driver offers {count} {(count == 1 ? "GPU" : "GPUs")}, and device {choice.Settings.Device} was asked for (AcceleratorOptions.{nameof(AcceleratorOptions.Device)} counts from 0)")
                : null;
    }
}
