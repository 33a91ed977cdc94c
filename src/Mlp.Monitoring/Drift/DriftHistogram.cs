using System.Globalization;
using Mlp.Runtime.Statistics;

namespace Mlp.Monitoring.Drift;

/// <summary>The shares of a reference and of a window over the same bins. Immutable.</summary>
public sealed class DriftHistogram : IEquatable<DriftHistogram>
{
    /// <summary>Creates a histogram.</summary>
    /// <param name="bins">The bins in order.</param>
    public DriftHistogram(IReadOnlyList<DriftBin> bins)
    {
        ArgumentNullException.ThrowIfNull(bins);
        Bins = bins;
    }

    /// <summary>Intervals in ascending order, or categories by falling count, then what they do not hold: other and unseen categories, missing values.</summary>
    public IReadOnlyList<DriftBin> Bins { get; }

    /// <inheritdoc/>
    public bool Equals(DriftHistogram? other) => other is not null && Bins.SequenceEqual(other.Bins);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as DriftHistogram);

    /// <inheritdoc/>
    public override int GetHashCode() => Bins.Aggregate(17, (hash, bin) => HashCode.Combine(hash, bin));

    /// <summary>The histogram of a window over the bins of its reference; bins that are empty on both sides because they always are (unseen, other, missing) are left out.</summary>
    internal static DriftHistogram Of(FeatureProfile profile, ReadOnlySpan<double> weights)
    {
        var labels = LabelsOf(profile);
        var (rows, weight) = ((double)profile.RowCount, Sum(weights));
        var bins = new List<DriftBin>(labels.Length);
        var named = profile is NumericFeatureProfile numbers ? numbers.Counts.Length : ((CategoricalFeatureProfile)profile).Categories.Length;
        for (var b = 0; b < labels.Length; b++)
        {
            if (b < named || profile.BinCounts[b] > 0 || weights[b] > 0)
            {
                bins.Add(new(labels[b], profile.BinCounts[b] / rows, weights[b] / weight));
            }
        }

        return new(bins);
    }

    private static double Sum(ReadOnlySpan<double> weights)
    {
        var sum = 0.0;
        foreach (var weight in weights)
        {
            sum += weight;
        }

        return sum;
    }

    private static string[] LabelsOf(FeatureProfile profile)
    {
        if (profile is CategoricalFeatureProfile categories)
        {
            return [.. categories.Categories.Select(c => c.Name), "other", "unseen", "missing"];
        }

        var edges = ((NumericFeatureProfile)profile).Edges;
        var labels = new string[edges.Length + 2];
        for (var b = 0; b <= edges.Length; b++)
        {
            labels[b] = edges.Length == 0 ? "all" : b == 0 ? $"< {Text(edges[0])}" : b == edges.Length ? $"≥ {Text(edges[^1])}" : Interval(edges[b - 1], edges[b]);
        }

        labels[^1] = "missing";
        return labels;
    }

    // A value with a bin of its own has the next representable number for its upper edge.
    private static string Interval(double low, double high)
        => high <= Math.BitIncrement(low) || high <= MathF.BitIncrement((float)low) ? $"= {Text(low)}" : $"{Text(low)} to {Text(high)}";

    private static string Text(double value) => value.ToString("G4", CultureInfo.InvariantCulture);
}
