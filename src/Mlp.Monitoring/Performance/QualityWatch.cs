namespace Mlp.Monitoring.Performance;

/// <summary>An exact evaluation that is made again and again for the figures: of the last window of the log, by variant and slice.</summary>
/// <param name="Model">Model name.</param>
/// <param name="Options">Says how; its window is the one that is looked at.</param>
internal sealed record QualityWatch(string Model, EvaluationOptions Options);
