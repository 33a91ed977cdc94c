namespace Mlp.Training.Preprocessing;

/// <summary>The values of a graph that a block makes.</summary>
/// <param name="Floats">Names of float values of shape (N, some), together all <see cref="BlockShape.Floats"/> in order.</param>
/// <param name="Slots">Name of a float value of shape (N, number of <see cref="BlockShape.Slots"/>); null for none.</param>
/// <param name="Ids">Name of an int64 value of shape (N, number of <see cref="BlockShape.Ids"/>); null for none.</param>
internal readonly record struct BlockOutputs(IReadOnlyList<string> Floats, string? Slots = null, string? Ids = null);
