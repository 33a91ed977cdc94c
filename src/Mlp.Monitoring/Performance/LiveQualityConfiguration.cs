using Mlp.Monitoring.Sampling;

namespace Mlp.Monitoring.Performance;

/// <summary>Settings of the live figures.</summary>
/// <param name="Window">How far back the window reaches.</param>
/// <param name="Maturity">How long labels are waited for: realised figures are of the window that ended this long ago.</param>
/// <param name="Thresholds">The user's thresholds.</param>
/// <param name="Watches">Exact evaluations beside.</param>
internal sealed record LiveQualityConfiguration(
    TimeSpan Window, TimeSpan Maturity, IReadOnlyList<PerformanceThreshold> Thresholds, IReadOnlyList<QualityWatch> Watches)
{
    /// <summary>How the logs of models are sampled, by name.</summary>
    public IReadOnlyDictionary<string, SamplingConfiguration> Sampling { get; init; } = new Dictionary<string, SamplingConfiguration>();

    /// <summary>A day, without waiting, without thresholds.</summary>
    public static LiveQualityConfiguration Default { get; } = new(TimeSpan.FromDays(1), TimeSpan.Zero, [], []);
}
