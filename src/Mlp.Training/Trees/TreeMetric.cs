namespace Mlp.Training.Trees;

/// <summary>A measure of the caller's own that decides when to stop.</summary>
/// <param name="scores">Shape (rows, scores of a row), row-major: what the model says of the validation rows.</param>
/// <param name="labels">Shape (rows): their labels; of classes their numbers.</param>
/// <param name="weights">Shape (rows): how much each counts; empty when all count the same.</param>
/// <returns>The measure.</returns>
public delegate double TreeMetric(ReadOnlySpan<double> scores, ReadOnlySpan<double> labels, ReadOnlySpan<float> weights);
