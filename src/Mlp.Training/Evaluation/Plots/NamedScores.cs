namespace Mlp.Training.Evaluation.Plots;

/// <summary>What a binary classifier says of labelled rows, with its name for the legend. Immutable.</summary>
/// <param name="Name">Name of the classifier.</param>
/// <param name="Rows">Labelled probabilities of class 1.</param>
public sealed record NamedScores(string Name, ScoredRows Rows);
