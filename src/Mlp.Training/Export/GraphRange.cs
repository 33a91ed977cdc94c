namespace Mlp.Training.Export;

/// <summary>Which nodes of a written file are the model's own: what stands before them turns features into inputs.</summary>
/// <param name="First">Index of the first one.</param>
/// <param name="End">One behind the last one.</param>
/// <param name="Dense">Name of the float32 numbers that they take; null for none.</param>
internal sealed record GraphRange(int First, int End, string? Dense);
