namespace Mlp.Training.Evaluation.Plots;

/// <summary>A point of a precision-recall curve. Immutable.</summary>
/// <param name="Threshold">The score at and above which class 1 is said.</param>
/// <param name="Precision">Share of the rows of class 1 among those of which class 1 is said.</param>
/// <param name="Recall">Share of the rows of class 1 of which it is said.</param>
public readonly record struct PrecisionRecallPoint(double Threshold, double Precision, double Recall);
