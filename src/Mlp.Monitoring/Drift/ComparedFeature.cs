using Mlp.Runtime.Statistics;

namespace Mlp.Monitoring.Drift;

/// <summary>A feature that is compared.</summary>
/// <param name="Window">Counts of the window over the bins of the reference.</param>
/// <param name="IsScore">Whether it is the model's answer.</param>
/// <param name="Reference">The distribution of the reference's numbers; null where only bins are known.</param>
/// <param name="IsSampled">Whether sampling picked the rows of the reference: that they all have one value does not say that there was no other.</param>
/// <param name="BlindShare">The share of the reference's values that lie in one step of its sketch beside others, which a comparison by the sketch cannot tell apart; 0 where values or fine steps are compared.</param>
internal readonly record struct ComparedFeature(FeatureWindow Window, bool IsScore, EmpiricalDistribution? Reference, bool IsSampled = false, double BlindShare = 0);
