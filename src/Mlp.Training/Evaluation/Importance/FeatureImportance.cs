namespace Mlp.Training.Evaluation.Importance;

/// <summary>How much worse a model gets when a feature, or a group of them, says nothing any more. Immutable.</summary>
/// <param name="Name">Name of the feature; of a group the names, joined by <c> + </c>.</param>
/// <param name="Importance">Mean over the repeats of how much worse the metric is, in its unit; about 0 for a feature that the model does without, and below 0 for one that misleads it.</param>
/// <param name="Deviation">Standard deviation over the repeats (divisor n, as scikit-learn's).</param>
/// <param name="Values">One value per repeat.</param>
public sealed record FeatureImportance(string Name, double Importance, double Deviation, IReadOnlyList<double> Values);
