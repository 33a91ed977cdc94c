namespace Mlp.Training.Preprocessing;

/// <summary>The values of a graph that a <see cref="FeatureEncoding"/> makes of the model's inputs.</summary>
/// <param name="Dense">Name of a float value of shape (N, <see cref="FeatureEncoding.Width"/>); null where the width is 0.</param>
/// <param name="Ids">Name of an int64 value of shape (N, number of <see cref="FeatureEncoding.Ids"/>); null where there are none.</param>
internal readonly record struct EncodedInputs(string? Dense, string? Ids);
