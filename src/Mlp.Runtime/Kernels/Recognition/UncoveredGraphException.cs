namespace Mlp.Runtime.Kernels.Recognition;

/// <summary>A graph is none that kernels cover. It never leaves the recogniser: ONNX Runtime serves such a model.</summary>
/// <param name="expected">What was expected, and what was found, as the rest of a sentence that begins with "Expected".</param>
internal sealed class UncoveredGraphException(string expected) : Exception($"Expected {expected}.");
