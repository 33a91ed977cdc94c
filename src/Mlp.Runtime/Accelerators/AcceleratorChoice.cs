namespace Mlp.Runtime.Accelerators;

/// <summary>Where a model runs and, when that is not what was hoped for, why.</summary>
/// <param name="Accelerator"><see cref="Accelerator.Cpu"/>, <see cref="Accelerator.Cuda"/> or <see cref="Accelerator.TensorRt"/>.</param>
/// <param name="FallbackReason">Why <see cref="Accelerator.Auto"/> fell back to the processor; else null.</param>
internal sealed record AcceleratorChoice(Accelerator Accelerator, string? FallbackReason)
{
    /// <summary>The processor, because it was asked for.</summary>
    public static AcceleratorChoice Cpu { get; } = new(Accelerator.Cpu, null);

    /// <summary>Which GPU, and how.</summary>
    public AcceleratorSettings Settings { get; init; } = AcceleratorSettings.Default;

    /// <summary>Whether inputs have to be copied to a device.</summary>
    public bool IsOnGpu => Accelerator != Accelerator.Cpu;
}
