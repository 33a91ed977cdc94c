namespace Mlp.Runtime.Inference;

/// <summary>A model was called that has no version in service. Trying again later can help.</summary>
/// <param name="model">Model name.</param>
/// <param name="reason">Why, as the rest of a sentence.</param>
public sealed class ModelNotReadyException(string model, string reason)
    : MlPlatformException($"Expected model '{model}' to be ready, but {reason}.")
{
    /// <summary>Model name.</summary>
    public string Model { get; } = model;

    /// <summary>Why, as the rest of a sentence.</summary>
    public string Reason { get; } = reason;

    /// <inheritdoc/>
    public override bool IsTransient => true;
}
