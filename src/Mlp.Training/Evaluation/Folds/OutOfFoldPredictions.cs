namespace Mlp.Training.Evaluation.Folds;

/// <summary>What models said of rows that they had not seen: of each row the mean over the repeats. Immutable.</summary>
/// <param name="Scores">Shape (rows of the training set, scores of one row), row-major; NaN where a row was never tested, as the first rows of a time series.</param>
/// <param name="ScoreCount">Scores of one row.</param>
/// <param name="Folds">The fold of the first repeat that tested each row, from 1; 0 for none.</param>
/// <param name="Rows">The rows that were tested, with labels, for what is fitted or measured on out-of-fold scores.</param>
/// <param name="RowNumbers">Their numbers in the training set, ascending.</param>
public sealed record OutOfFoldPredictions(ReadOnlyMemory<double> Scores, int ScoreCount, IReadOnlyList<int> Folds, ScoredRows Rows, IReadOnlyList<int> RowNumbers);
