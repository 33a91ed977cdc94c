using Mlp.Runtime.Statistics;

namespace Mlp.Monitoring.Drift;

/// <summary>Counts of production rows over the bins of a reference: one window per feature, one for the score and one for the predicted class. Not thread-safe.</summary>
internal sealed class DriftWindow
{
    /// <summary>Creates an empty window.</summary>
    /// <param name="reference">The reference.</param>
    /// <param name="rules">Which tests are made.</param>
    /// <param name="sampleLimit">Numbers that are kept at most per feature whose test needs them.</param>
    public DriftWindow(DriftReference reference, DriftRules rules, int sampleLimit)
    {
        Reference = reference;
        Features = [.. reference.Profile.Features.Select(Create)];
        Score = reference.Profile.Score is { } score ? Create(score.Distribution) : null;
        PredictedClass = reference.PredictedClass is { } predicted ? new FeatureWindow(predicted, 0) : null;

        FeatureWindow Create(FeatureProfile profile)
            => new(profile, profile is NumericFeatureProfile && DriftRules.NeedsNumbers(rules.Of(profile.Name, false).Method) ? sampleLimit : 0);
    }

    /// <summary>The reference.</summary>
    public DriftReference Reference { get; }

    /// <summary>In the order of the profile's features.</summary>
    public IReadOnlyList<FeatureWindow> Features { get; }

    /// <summary>The score, or null where the reference has none.</summary>
    public FeatureWindow? Score { get; }

    /// <summary>The predicted class, or null where the reference has none.</summary>
    public FeatureWindow? PredictedClass { get; }

    /// <summary>Rows counted.</summary>
    public long RowCount { get; set; }

    /// <summary>What is compared: the features at some positions, then the score and the predicted class.</summary>
    /// <param name="positions">Positions of the features that were counted.</param>
    public IEnumerable<ComparedFeature> Compared(IEnumerable<int> positions)
        => positions.Select(i => Compare(Features[i], false)).Concat(new[] { Score, PredictedClass }.OfType<FeatureWindow>().Select(w => Compare(w, true)));

    /// <summary>Adds the counts of another window over the same reference.</summary>
    public void Merge(DriftWindow other)
    {
        RowCount += other.RowCount;
        Score?.Merge(other.Score!);
        PredictedClass?.Merge(other.PredictedClass!);
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
        PredictedClass?.Clear();
        foreach (var feature in Features)
        {
            feature.Clear();
        }
    }

    private ComparedFeature Compare(FeatureWindow window, bool isScore) => new(window, isScore, Reference.Distributions.GetValueOrDefault(window.Histogram.Profile), Reference.IsSampled || Reference.Varying.Contains(window.Histogram.Profile), Reference.BlindShares.GetValueOrDefault(window.Histogram.Profile));
}
