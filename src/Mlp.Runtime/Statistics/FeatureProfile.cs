using System.Collections.Immutable;

namespace Mlp.Runtime.Statistics;

/// <summary>
/// What one feature looked like in the reference: counts over bins that stay fixed ever after. Immutable; safe for use by many threads.
/// </summary>
public abstract class FeatureProfile
{
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
