namespace Mlp.Training.Networks;

/// <summary>What validation said of an epoch.</summary>
/// <param name="Loss">Mean loss of the validation rows.</param>
/// <param name="Metric">The metric that decides, in its own direction; the loss where that decides.</param>
internal readonly record struct EpochScore(double Loss, double Metric);
