namespace Mlp.Training.Distributed.Scaling;

/// <summary>Gradients that are complete at a time of the backward pass.</summary>
/// <param name="ByteCount">Their bytes; not negative.</param>
/// <param name="ReadyAt">When, from the beginning of the backward pass.</param>
public readonly record struct GradientReady(long ByteCount, TimeSpan ReadyAt);
