namespace Mlp.Runtime.Accelerators;

/// <summary>ONNX Runtime does not know an option that the application set for an execution provider, or its value.</summary>
/// <param name="accelerator">The accelerator whose provider was asked.</param>
/// <param name="optionNames">The options that it was told, those of the platform included.</param>
/// <param name="innerException">What the engine said.</param>
public sealed class AcceleratorOptionsException(Accelerator accelerator, IReadOnlyList<string> optionNames, Exception innerException)
    : MlPlatformException(Describe(accelerator, optionNames, innerException), innerException)
{
    /// <summary>The accelerator whose provider was asked.</summary>
    public Accelerator Accelerator { get; } = accelerator;

    /// <summary>The options that it was told, those of the platform included.</summary>
    public IReadOnlyList<string> OptionNames { get; } = optionNames;

    private static string Describe(Accelerator accelerator, IReadOnlyList<string> optionNames, Exception cause)
    {
        ArgumentNullException.ThrowIfNull(cause);
        return $"Expected options that accelerator {accelerator} knows, but of {string.Join(", ", optionNames.Select(n => $"'{n}'"))} ONNX Runtime says: {cause.Message.Trim().TrimEnd('.')} "
            + $"(AcceleratorOptions.{nameof(AcceleratorOptions.ProviderOptions)}).";
    }
}
