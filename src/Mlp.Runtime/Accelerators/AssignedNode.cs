namespace Mlp.Runtime.Accelerators;

/// <summary>A node of a model and the execution provider that runs it.</summary>
/// <param name="Provider">Name of the provider, for example <c>CPUExecutionProvider</c>.</param>
/// <param name="Name">The node's name; empty for one without.</param>
/// <param name="OperatorType">Type of its operator, for example <c>Gemm</c>.</param>
internal readonly record struct AssignedNode(string Provider, string Name, string OperatorType);
