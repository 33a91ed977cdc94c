using System.Collections.Immutable;
using Mlp.Runtime.Statistics.Profiles;

namespace Mlp.Runtime.Statistics;

/// <summary>
/// What one feature looked like in the reference: counts over bins that stay fixed ever after. Immutable; safe for use by many threads.
/// </summary>
public abstract class FeatureProfile
{
    private ColumnProfile? _sketches;

    private protected FeatureProfile(string name, long rowCount, long missingCount)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (missingCount < 0 || rowCount < missingCount)
        {
            throw new ArgumentException(
                $"Expected feature '{name}' to have between 0 and {rowCount} missing rows, but found {missingCount}.",
                nameof(missingCount));
        }

        Name = name;
        RowCount = rowCount;
        MissingCount = missingCount;
    }

    /// <summary>The feature's name.</summary>
    public string Name { get; }

    /// <summary>Rows of the reference, missing ones included.</summary>
    public long RowCount { get; }

    /// <summary>Rows without a value; NaN is one.</summary>
    public long MissingCount { get; }

    /// <summary>
    /// Rows per bin, in the order in which a window's rows are counted for comparison; they add up to <see cref="RowCount"/>. The last bin
    /// is for missing values.
    /// </summary>
    public abstract ImmutableArray<long> BinCounts { get; }

    /// <summary>
    /// The same rows as sketches: quantiles, distinct values and frequent categories, so that tests that need more than bins (Kolmogorov-Smirnov, Wasserstein) can be computed without the rows. Null in a
    /// profile that was written before there were any.
    /// </summary>
    public ColumnProfile? Sketches => _sketches;

    /// <summary>The same profile with sketches.</summary>
    /// <param name="sketches">Of the same rows.</param>
    /// <exception cref="ArgumentException">They are of other rows.</exception>
    internal FeatureProfile With(ColumnProfile sketches)
    {
        if (sketches.RowCount != RowCount || sketches.MissingCount != MissingCount)
        {
            throw new ArgumentException(
                $"Expected the sketches of feature '{Name}' to be of its {RowCount} rows, {MissingCount} of them missing, but found {sketches.RowCount} and {sketches.MissingCount}.",
                nameof(sketches));
        }

        var copy = (FeatureProfile)MemberwiseClone();
        copy._sketches = sketches;
        return copy;
    }

    private protected static void ThrowIfNotAllRows(string name, ReadOnlySpan<long> binCounts, long rowCount)
    {
        var sum = 0L;
        foreach (var count in binCounts)
        {
            if (count < 0)
            {
                throw new ArgumentException($"Expected no negative count in feature '{name}', but found one.", nameof(binCounts));
            }

            sum += count;
        }

        if (sum != rowCount)
        {
            throw new ArgumentException(
                $"Expected the bins of feature '{name}' to hold its {rowCount} rows, but found {sum}.",
                nameof(binCounts));
        }
    }
}
