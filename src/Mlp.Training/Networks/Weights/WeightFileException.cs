using Mlp.Runtime;

namespace Mlp.Training.Networks.Weights;

/// <summary>A file of weights cannot be read, or its weights are not those of the network.</summary>
/// <param name="message">The sentence: what was expected, what was found, where.</param>
/// <param name="path">The file.</param>
/// <param name="tensor">The tensor; null when it concerns the file as a whole.</param>
/// <param name="innerException">What caused it; null for nothing.</param>
public sealed class WeightFileException(string message, string path, string? tensor = null, Exception? innerException = null) : MlPlatformException(message, innerException)
{
    /// <summary>The file.</summary>
    public string Path { get; } = path;

    /// <summary>The tensor; null when it concerns the file as a whole.</summary>
    public string? Tensor { get; } = tensor;
}
