using Mlp.Runtime.Statistics;

namespace Mlp.Training.Evaluation.Folds;

/// <summary>A metric over folds. Immutable.</summary>
/// <param name="Mean">Mean over the folds in which it is defined; NaN where it is in none.</param>
/// <param name="Deviation">Standard deviation over these folds, with n − 1; NaN below 2 folds.</param>
/// <param name="Interval">95 % interval of the mean by Student's t with Nadeau and Bengio's correction for shared training rows; NaN below 2 folds.</param>
/// <param name="Values">One value per fold, in the order of the folds; NaN where it is not defined.</param>
public sealed record FoldMetric(double Mean, double Deviation, ConfidenceInterval Interval, IReadOnlyList<double> Values);
