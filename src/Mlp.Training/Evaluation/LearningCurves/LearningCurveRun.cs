namespace Mlp.Training.Evaluation.LearningCurves;

/// <summary>One training of a learning curve. Immutable.</summary>
/// <param name="RowCount">Rows that were given to the trainer.</param>
/// <param name="Repeat">Which repeat, from 0.</param>
/// <param name="Training">The metric on these rows.</param>
/// <param name="Holdout">The metric on the holdout.</param>
public sealed record LearningCurveRun(int RowCount, int Repeat, double Training, double Holdout);
