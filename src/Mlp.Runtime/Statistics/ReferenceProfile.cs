using System.Collections.Immutable;
using Mlp.Runtime.Statistics.Estimation;

namespace Mlp.Runtime.Statistics;

/// <summary>
/// What a model's inputs and score looked like on the rows it was trained or accepted on. It is stored with the model, and production
/// windows are compared with it; the reference rows themselves are not needed again. Immutable; safe for use by many threads.
/// </summary>
public sealed class ReferenceProfile
{
    /// <summary>The newest version of the JSON form that this library reads; it writes 1 for a profile without sketches and 2 for one with them.</summary>
    public const int FormatVersion = 2;

    private readonly Dictionary<string, FeatureProfile> _byName;

    internal ReferenceProfile(long rowCount, ImmutableArray<FeatureProfile> features, ScoreProfile? score)
    {
        _byName = new(StringComparer.Ordinal);
        foreach (var feature in features)
        {
            if (!_byName.TryAdd(feature.Name, feature))
            {
                throw new ArgumentException($"Expected feature names to be distinct, but found '{feature.Name}' twice.", nameof(features));
            }

            ThrowIfOtherRowCount(rowCount, feature);
        }

        if (score is not null)
        {
            ThrowIfOtherRowCount(rowCount, score.Distribution);
        }

        RowCount = rowCount;
        Features = features;
        Score = score;
    }

    /// <summary>Rows of the reference.</summary>
    public long RowCount { get; }

    /// <summary>One profile per feature, in the order in which they were added.</summary>
    public ImmutableArray<FeatureProfile> Features { get; }

    /// <summary>The model's score, or null where it was not profiled.</summary>
    public ScoreProfile? Score { get; }

    /// <summary>The classes that the model predicted, or null where they were not profiled.</summary>
    public CategoricalFeatureProfile? PredictedClass { get; internal init; }

    /// <summary>What quality without labels is estimated by, or null where nothing was learnt for it.</summary>
    public PerformanceEstimator? Estimator { get; internal init; }

    /// <summary>The same for several classes.</summary>
    public MulticlassPerformanceEstimator? ClassEstimator { get; internal init; }

    /// <summary>What the errors of a regression are estimated by without targets, or null where nothing was learnt for it.</summary>
    public DirectLossEstimator? LossEstimator { get; internal init; }

    /// <summary>The profile of a feature, or null where there is none.</summary>
    /// <param name="name">The feature's name, compared by ordinal.</param>
    public FeatureProfile? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>
    /// Writes the profile as UTF-8 JSON, which <see cref="Parse"/> reads back exactly: numbers carry every digit they need.
    /// </summary>
    public byte[] ToJson() => ReferenceProfileSerializer.Write(this);

    /// <summary>Reads a profile.</summary>
    /// <param name="utf8Json">What <see cref="ToJson"/> wrote.</param>
    /// <exception cref="InvalidDataException">It is no reference profile, or is damaged.</exception>
    /// <exception cref="UnsupportedFormatVersionException">A newer version of the platform wrote it.</exception>
    public static ReferenceProfile Parse(ReadOnlySpan<byte> utf8Json) => ReferenceProfileSerializer.Read(utf8Json);

    private static void ThrowIfOtherRowCount(long rowCount, FeatureProfile feature)
    {
        if (feature.RowCount != rowCount)
        {
            throw new ArgumentException(
                $"Expected {rowCount} rows in feature '{feature.Name}', as in the profile, but found {feature.RowCount}.",
                nameof(feature));
        }
    }
}
