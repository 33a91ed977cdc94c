using Mlp.Runtime.Statistics;

namespace Mlp.Monitoring.Drift;

/// <summary>Counts of production rows over the bins of a reference: one histogram per feature and one for the score. Not thread-safe.</summary>
internal sealed class DriftWindow
{
    /// <summary>Creates an empty window.</summary>
    /// <param name="profile">The reference.</param>
    public DriftWindow(ReferenceProfile profile)
    {
        Profile = profile;
        Features = [.. profile.Features.Select(f => new FeatureHistogram(f))];
        Score = profile.Score is { } score ? new FeatureHistogram(score.Distribution) : null;
    }

    /// <summary>The reference.</summary>
    public ReferenceProfile Profile { get; }

    /// <summary>In the order of the profile's features.</summary>
    public IReadOnlyList<FeatureHistogram> Features { get; }

    /// <summary>The score, or null where the reference has none.</summary>
    public FeatureHistogram? Score { get; }

    /// <summary>Rows counted.</summary>
    public long RowCount { get; set; }

    /// <summary>Adds the counts of another window over the same reference.</summary>
    public void Merge(DriftWindow other)
    {
        RowCount += other.RowCount;
        Score?.Merge(other.Score!);
        for (var i = 0; i < Features.Count; i++)
        {
            Features[i].Merge(other.Features[i]);
        }
    }

    /// <summary>Starts over.</summary>
    public void Clear()
    {
        RowCount = 0;
        Score?.Clear();
        foreach (var feature in Features)
        {
            feature.Clear();
        }
    }
}
