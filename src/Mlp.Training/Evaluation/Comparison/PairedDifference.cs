namespace Mlp.Training.Evaluation.Comparison;

/// <summary>What a paired test says of an improvement.</summary>
/// <param name="Test">The test.</param>
/// <param name="Interval">Where the improvement lies; null where the test says nothing on these rows.</param>
/// <param name="PValue">How often chance alone would give an improvement or a loss as great, two-sided; NaN where the test says nothing.</param>
internal sealed record PairedDifference(PairedTest Test, ImprovementInterval? Interval, double PValue);
