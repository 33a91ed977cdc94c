using Mlp.Runtime.Statistics.Estimation;

namespace Mlp.Monitoring.Performance;

/// <summary>What the quality of a version is estimated by without labels: the one that fits its task, or none. Immutable.</summary>
/// <param name="Binary">Of a binary classifier.</param>
/// <param name="Classes">Of a classifier of several classes.</param>
/// <param name="Losses">Of a regression.</param>
internal sealed record QualityEstimators(PerformanceEstimator? Binary, MulticlassPerformanceEstimator? Classes, DirectLossEstimator? Losses)
{
    /// <summary>Of a version that was published without.</summary>
    public static QualityEstimators None { get; } = new(null, null, null);
}
