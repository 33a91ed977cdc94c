namespace Mlp.Training.Evaluation.LearningCurves;

/// <summary>The repeats of one share of the rows together. Immutable.</summary>
/// <param name="RowCount">Rows that were given to the trainer.</param>
/// <param name="Training">Mean of the metric on these rows.</param>
/// <param name="TrainingDeviation">Its standard deviation over the repeats (n − 1); NaN with one repeat.</param>
/// <param name="Holdout">Mean of the metric on the holdout.</param>
/// <param name="HoldoutDeviation">Its standard deviation over the repeats (n − 1); NaN with one repeat.</param>
public sealed record LearningCurvePoint(int RowCount, double Training, double TrainingDeviation, double Holdout, double HoldoutDeviation);
