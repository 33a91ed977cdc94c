namespace Mlp.Training.Evaluation.Folds;

/// <summary>What one fold has shown. Immutable.</summary>
/// <param name="Repeat">From 1.</param>
/// <param name="Number">From 1.</param>
/// <param name="TrainingRowCount">Rows that were trained on.</param>
/// <param name="TestRowCount">Rows that were tested.</param>
/// <param name="BestEpoch">The epoch or iteration that the model has; 0 where the trainer keeps no history.</param>
/// <param name="Result">How good the model was on the test rows; without intervals.</param>
public sealed record FoldResult(int Repeat, int Number, long TrainingRowCount, long TestRowCount, int BestEpoch, EvaluationResult Result);
