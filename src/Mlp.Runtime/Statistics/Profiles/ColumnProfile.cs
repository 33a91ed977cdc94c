using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using Mlp.Runtime.Statistics.Sketches;

namespace Mlp.Runtime.Statistics.Profiles;

/// <summary>
/// What a column looked like: its counts, moments, quantiles, distinct values and frequent categories, in a few kilobytes whatever the number of rows. Immutable; safe for use by many threads.
/// </summary>
/// <remarks>
/// Null and NaN are told apart: a row without a value is null, and NaN is a value that says nothing. Moments and quantiles are those of the finite numbers; infinities are counted and are among the distinct values.
/// Where rows have weights, counts are of rows as they came, and moments, quantiles and frequent items count each with its weight.
/// </remarks>
public sealed class ColumnProfile
{
    private const double SmallestBlindShare = 0.25;

    private readonly ColumnSketch _sketch;

    // Kept: a reference is compared with window after window.
    private EmpiricalDistribution? _distribution;

    /// <summary>Takes a sketch, which nobody changes any more.</summary>
    /// <param name="sketch">The sketch.</param>
    internal ColumnProfile(ColumnSketch sketch) => _sketch = sketch;

    /// <summary>Name of the column.</summary>
    public string Name => _sketch.Name;

    /// <summary>What it holds.</summary>
    public ProfileColumnType Type => _sketch.Type;

    /// <summary>Whether its values are categories: texts, and integers that were declared as codes.</summary>
    [MemberNotNullWhen(true, nameof(Items))]
    public bool IsCategorical => _sketch.Items is not null;

    /// <summary>All rows.</summary>
    public long RowCount => _sketch.Rows.Count;

    /// <summary>The sum of the weights of all rows; their number where all weights are 1.</summary>
    public double Weight => _sketch.Rows.Weight;

    /// <summary>Rows without a value.</summary>
    public long NullCount => _sketch.Nulls.Count;

    /// <summary>Rows of NaN.</summary>
    public long NanCount => _sketch.NaNs.Count;

    /// <summary>Rows without a number or category: <see cref="NullCount"/> and <see cref="NanCount"/>.</summary>
    public long MissingCount => NullCount + NanCount;

    /// <summary>The weight of the missing rows as a share of all; NaN without rows.</summary>
    public double MissingShare => (_sketch.Nulls.Weight + _sketch.NaNs.Weight) / Weight;

    /// <summary>Rows of +∞.</summary>
    public long PositiveInfinityCount => _sketch.PositiveInfinities.Count;

    /// <summary>Rows of −∞.</summary>
    public long NegativeInfinityCount => _sketch.NegativeInfinities.Count;

    /// <summary>The weight of the rows of +∞.</summary>
    internal double PositiveInfinityWeight => _sketch.PositiveInfinities.Weight;

    /// <summary>The weight of the rows of −∞.</summary>
    internal double NegativeInfinityWeight => _sketch.NegativeInfinities.Weight;

    /// <summary>Mean of the finite numbers; NaN where there are none, as for texts.</summary>
    public double Mean => _sketch.Moments.Mean;

    /// <summary>Standard deviation of the finite numbers with divisor n (population); NaN where there are none.</summary>
    public double StandardDeviation => Math.Sqrt(_sketch.Moments.Variance);

    /// <summary>Smallest finite number; NaN where there are none.</summary>
    public double Minimum => _sketch.Moments.Minimum;

    /// <summary>Largest finite number; NaN where there are none.</summary>
    public double Maximum => _sketch.Moments.Maximum;

    /// <summary>True where all rows that have a number have one and the same.</summary>
    public bool IsConstant => Minimum == Maximum && PositiveInfinityCount + NegativeInfinityCount == 0;

    /// <summary>Whether there are quantiles: of numbers and of the norms of vectors.</summary>
    public bool HasQuantiles => _sketch.HasValues || _sketch.Ranks is not null;

    /// <summary>About how many distinct values there are, NaN aside; 0 where they are not counted.</summary>
    public double DistinctCount => _sketch.Distinct?.Estimate() ?? 0;

    /// <summary>The standard error of <see cref="DistinctCount"/> as a share of the truth: 0.0162 for p = 12.</summary>
    public double DistinctCountRelativeError => _sketch.Distinct?.RelativeStandardError ?? 0;

    /// <summary>The most frequent categories, by falling lower bound; empty unless <see cref="IsCategorical"/>.</summary>
    public ImmutableArray<FrequentItem> FrequentItems
        => _sketch.Items is { } items ? [.. items.Items().Select(item => new FrequentItem(item.Name, item.Weight, item.Weight + items.MaximumError))] : [];

    /// <summary>Counts and sums of the finite numbers.</summary>
    internal ref readonly Moments Moments => ref _sketch.Moments;

    /// <summary>Quantiles by value, or null.</summary>
    internal DDSketch? Values => _sketch.Values;

    /// <summary>Quantiles by rank, or null.</summary>
    internal Kll? Ranks => _sketch.Ranks;

    /// <summary>Distinct values, or null.</summary>
    internal HyperLogLog? Distinct => _sketch.Distinct;

    /// <summary>Frequent categories, or null.</summary>
    internal FrequentItems? Items => _sketch.Items;

    /// <summary>The sketch, which nobody changes.</summary>
    internal ColumnSketch Sketch => _sketch;

    /// <summary>The value at a share of the finite numbers; the ends are exact.</summary>
    /// <param name="share">0 (the smallest) to 1 (the largest).</param>
    /// <returns>The value; NaN where there are no finite numbers. A DDSketch is off by its relative accuracy, a KLL sketch by its rank error.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The share is outside its range.</exception>
    /// <exception cref="InvalidOperationException">The column has no quantiles.</exception>
    public double GetQuantile(double share)
    {
        if (!HasQuantiles)
        {
            throw new InvalidOperationException($"Expected a column with quantiles, but column '{Name}' is of type {Type}.");
        }

        var value = _sketch.Values?.Quantile(share) ?? _sketch.Ranks!.Quantile(share);
        return share == 0 ? Minimum : share == 1 ? Maximum : Math.Clamp(value, Minimum, Maximum);
    }

    /// <summary>
    /// The share of the finite numbers that lie in one bin of a DDSketch together with others, so that nobody can say how they are distributed within it; 0 where each bin holds one value, or no bin more than a quarter, and for KLL.
    /// </summary>
    internal double BlindShare
    {
        get
        {
            if (IsConstant || ToDistribution() is not { } distribution || !_sketch.HasValues || distribution.RankError <= SmallestBlindShare)
            {
                return 0;
            }

            // The count of distinct values is off by a few in a hundred bins, and by none in a few.
            var distinct = DistinctCount - (PositiveInfinityCount > 0 ? 1 : 0) - (NegativeInfinityCount > 0 ? 1 : 0);
            return distinct <= (1.02 * distribution.Values.Length) + 0.5 ? 0 : distribution.RankError;
        }
    }

    /// <summary>The distribution function of the finite numbers, which tests for drift compare; null where there are no quantiles.</summary>
    internal EmpiricalDistribution? ToDistribution() => _distribution ??= _sketch.ToDistribution();
}
