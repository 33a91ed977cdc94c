using Mlp.Runtime;

namespace Mlp.Training.Networks.Layers;

/// <summary>A network's definition cannot be built, read or written: a layer does not fit what comes before it, or a file does not hold a definition.</summary>
/// <param name="message">The sentence: which layer, what was expected, what was found.</param>
/// <param name="layer">Name of the layer, for example <c>2.body.0</c>; null when it concerns the network as a whole.</param>
/// <param name="innerException">What caused it; null for nothing.</param>
public sealed class NetworkDefinitionException(string message, string? layer = null, Exception? innerException = null) : MlPlatformException(message, innerException)
{
    /// <summary>Name of the layer; null when it concerns the network as a whole.</summary>
    public string? Layer { get; } = layer;
}
