using Mlp.Runtime.Inference;
using Mlp.Runtime.Models;

namespace Mlp.Runtime.Kernels;

/// <summary>The version that a kernel is made for.</summary>
/// <param name="Manifest">The version.</param>
/// <param name="Onnx">Its file as it is served.</param>
/// <param name="Inputs">Which features fill which input.</param>
/// <param name="Score">The score.</param>
internal sealed record KernelRequest(ModelManifest Manifest, ReadOnlyMemory<byte> Onnx, InputPlan Inputs, OutputPlan Score);
