using System.Collections.Frozen;
using Mlp.Runtime.Statistics;

namespace Mlp.Monitoring.Drift;

/// <summary>What a window is compared with: the profile that was published with the version, or a window of the log. Immutable.</summary>
/// <param name="Profile">Bins, counts, ranges.</param>
internal sealed record DriftReference(ReferenceProfile Profile)
{
    /// <summary>The distributions of numbers, where more than bins is known of them.</summary>
    public FrozenDictionary<FeatureProfile, EmpiricalDistribution> Distributions { get; init; } = FrozenDictionary<FeatureProfile, EmpiricalDistribution>.Empty;

    /// <summary>The predicted class; null where it is not known.</summary>
    public CategoricalFeatureProfile? PredictedClass { get; init; }
}
