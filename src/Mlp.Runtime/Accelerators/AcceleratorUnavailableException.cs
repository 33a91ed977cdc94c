namespace Mlp.Runtime.Accelerators;

/// <summary>A model was asked to run on an accelerator that this process does not have.</summary>
/// <param name="accelerator">What was asked for.</param>
/// <param name="missing">What is missing.</param>
/// <param name="innerException">What the engine said.</param>
public sealed class AcceleratorUnavailableException(Accelerator accelerator, string missing, Exception? innerException = null)
    : MlPlatformException($"Expected accelerator {accelerator}, but {missing}. Ask for {nameof(Accelerator.Auto)} to fall back to the processor.", innerException)
{
    /// <summary>What was asked for.</summary>
    public Accelerator Accelerator { get; } = accelerator;

    /// <summary>What is missing, as the rest of a sentence.</summary>
    public string Missing { get; } = missing;
}
