namespace Mlp.Training.Evaluation.Plots;

/// <summary>A point of a ROC curve. Immutable.</summary>
/// <param name="Threshold">The score at and above which class 1 is said; +∞ for nowhere.</param>
/// <param name="FalsePositiveRate">Share of the rows of class 0 of which class 1 is said.</param>
/// <param name="TruePositiveRate">Share of the rows of class 1 of which it is said: recall.</param>
public readonly record struct RocPoint(double Threshold, double FalsePositiveRate, double TruePositiveRate);
