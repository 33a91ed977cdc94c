namespace Mlp.Training.Evaluation;

/// <summary>A confidence interval of the improvement.</summary>
/// <param name="Lower">Lower bound.</param>
/// <param name="Upper">Upper bound.</param>
/// <param name="Confidence">Probability that the interval covers the improvement.</param>
public sealed record ImprovementInterval(double Lower, double Upper, double Confidence);
