using System.Collections.Frozen;
using Mlp.Runtime.Models;
using Mlp.Runtime.Statistics;

namespace Mlp.Monitoring.Drift;

/// <summary>What a window is compared with: the profile that was published with the version, or a window of the log. Immutable.</summary>
/// <param name="Profile">Bins, counts, ranges.</param>
internal sealed record DriftReference(ReferenceProfile Profile)
{
    /// <summary>The distributions of numbers, where more than bins is known of them.</summary>
    public FrozenDictionary<FeatureProfile, EmpiricalDistribution> Distributions { get; init; } = FrozenDictionary<FeatureProfile, EmpiricalDistribution>.Empty;

    /// <summary>Of distributions that are sketches: the share of the values that lie in one step beside others, where it is large.</summary>
    public FrozenDictionary<FeatureProfile, double> BlindShares { get; init; } = FrozenDictionary<FeatureProfile, double>.Empty;

    /// <summary>The predicted class; null where it is not known.</summary>
    public CategoricalFeatureProfile? PredictedClass { get; init; }

    /// <summary>Whether its rows are those that sampling picked: it says nothing of the rows in between.</summary>
    public bool IsSampled { get; init; }

    /// <summary>Of a reference of which only some rows are kept: the features that had several values in all rows, though they may have one in those.</summary>
    public FrozenSet<FeatureProfile> Varying { get; init; } = FrozenSet<FeatureProfile>.Empty;

    /// <summary>What is different about it, in sentences for the reader of a report; null for nothing.</summary>
    public string? Note { get; init; }

    /// <summary>A reference that was published, over the bins that the rules ask for, with the sketches of the numbers whose distance needs more than bins.</summary>
    /// <param name="published">The profile of the version.</param>
    /// <param name="rules">What is compared, and how.</param>
    /// <param name="output">What the outputs mean, for the predicted class; null where nobody knows.</param>
    /// <exception cref="InvalidOperationException">It does not have them: it was published before there were any.</exception>
    public static DriftReference Of(ReferenceProfile published, DriftRules rules, ModelOutput? output)
    {
        var profile = Rebin(published, rules);
        var pairs = profile.Features.Zip(published.Features);
        if (profile.Score is { } score)
        {
            pairs = pairs.Append((score.Distribution, published.Score!.Distribution));
        }

        var sketches = pairs
            .Where(p => p.First is NumericFeatureProfile && DriftRules.NeedsNumbers(rules.Of(p.First.Name, false).Method) && p.Second.Sketches is { HasQuantiles: true })
            .ToDictionary(p => p.First, p => p.Second.Sketches!);
        return new(profile)
        {
            Distributions = sketches.ToFrozenDictionary(p => p.Key, p => p.Value.ToDistribution()!),
            BlindShares = sketches.ToFrozenDictionary(p => p.Key, p => p.Value.BlindShare),
            PredictedClass = Drift.PredictedClass.OfReference(published, output),
        };
    }

    /// <summary>The same reference over the bins that the rules ask for.</summary>
    /// <exception cref="InvalidOperationException">It does not have them.</exception>
    public static ReferenceProfile Rebin(ReferenceProfile profile, DriftRules rules)
    {
        if (!profile.Features.Append(profile.Score?.Distribution).OfType<NumericFeatureProfile>().Any(f => rules.BinningOf(f.Name) == DriftBinning.EqualWidth))
        {
            return profile;
        }

        var score = profile.Score is { } s ? new ScoreProfile((NumericFeatureProfile)Rebin(s.Distribution, rules), s.Histogram) : null;
        return new(profile.RowCount, [.. profile.Features.Select(f => Rebin(f, rules))], score);
    }

    private static FeatureProfile Rebin(FeatureProfile feature, DriftRules rules)
    {
        if (feature is not NumericFeatureProfile numbers || rules.BinningOf(feature.Name) != DriftBinning.EqualWidth || !(numbers.Minimum < numbers.Maximum))
        {
            return feature;
        }

        return numbers.EqualWidth
            ?? throw new InvalidOperationException(
                $"Expected the reference profile to have bins of equal width of '{feature.Name}', but found none: it was written before profiles had them. Publish the version with a new profile, or leave its binning at {DriftBinning.Quantiles}.");
    }
}
