using Mlp.Runtime;

namespace Mlp.Training.Trees;

/// <summary>A text is no LightGBM model, or one that has no counterpart in ONNX.</summary>
/// <param name="message">The sentence: what was expected, what was found, where.</param>
public sealed class LightGbmFormatException(string message) : MlPlatformException(message);
