namespace Mlp.Runtime.Models;

/// <summary>The inputs and outputs of a model, as its ONNX file declares them.</summary>
/// <param name="Inputs">Inputs in the order of the file.</param>
/// <param name="Outputs">Outputs in the order of the file.</param>
public sealed record ModelSignature(IReadOnlyList<TensorSpecification> Inputs, IReadOnlyList<TensorSpecification> Outputs);
