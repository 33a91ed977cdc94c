namespace Mlp.Runtime.Data;

/// <summary>The rows that a training set was made for: keys, times, labels and whatever else stood beside them.</summary>
/// <param name="Columns">Their columns in order; the set has them under the same names.</param>
/// <param name="ContentHash">SHA-256 over schema and values of these columns alone, 64 lower-case hexadecimal digits.</param>
public sealed record TrainingSetSpine(IReadOnlyList<string> Columns, string ContentHash);
