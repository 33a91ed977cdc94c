namespace Mlp.Runtime.Models;

/// <summary>A file is not a usable ONNX model, or its description or feature service does not fit it.</summary>
/// <param name="model">Model name.</param>
/// <param name="message">The sentence: what was expected, what was found, where.</param>
/// <param name="innerException">What the engine said.</param>
public sealed class InvalidModelException(string model, string message, Exception? innerException = null) : MlPlatformException(message, innerException)
{
    /// <summary>Model name.</summary>
    public string Model { get; } = model;
}
