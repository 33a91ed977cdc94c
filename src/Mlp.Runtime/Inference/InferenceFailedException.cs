namespace Mlp.Runtime.Inference;

/// <summary>ONNX Runtime failed while a model ran.</summary>
/// <param name="model">Model name.</param>
/// <param name="version">Model version.</param>
/// <param name="innerException">What the engine said.</param>
public sealed class InferenceFailedException(string model, int version, Exception innerException)
    : MlPlatformException(
        FormattableString.Invariant($"Expected model '{model}' version {version} to answer, but ONNX Runtime failed; the inner exception says where in the graph."),
        innerException)
{
    /// <summary>Model name.</summary>
    public string Model { get; } = model;

    /// <summary>Model version.</summary>
    public int Version { get; } = version;
}
