namespace Mlp.Training.Evaluation.Folds;

/// <summary>Where a cross-validation stands after a fold.</summary>
/// <param name="DoneCount">Folds done.</param>
/// <param name="FoldCount">All folds, over all repeats.</param>
/// <param name="Fold">The fold that was done last.</param>
public sealed record CrossValidationProgress(int DoneCount, int FoldCount, FoldResult Fold);
