using System.Globalization;

namespace Mlp.Runtime.Statistics;

/// <summary>
/// Counts of a production window over the bins of a reference profile: all that drift statistics need, in a few hundred bytes, whatever the
/// number of rows. Not safe for use by several threads at once: give each its own and <see cref="Merge"/> them, in any order.
/// </summary>
/// <remarks>
/// Adding never allocates, but once for the first row whose weight is not 1. A numeric profile takes numbers, a categorical one categories; anything else is an
/// <see cref="InvalidOperationException"/>.
/// </remarks>
internal sealed class FeatureHistogram
{
    private readonly NumericBins? _numeric;
    private readonly CategoryBins? _categories;
    private readonly long[] _counts;

    // What the weights of rows add to their number: sums of w - 1 per bin, and of w² - 1. Rows of weight 1 add nothing, so that their figures are those of whole numbers.
    private double[]? _excess;
    private double _squareExcess;

    /// <summary>Creates an empty histogram.</summary>
    /// <param name="profile">The reference.</param>
    internal FeatureHistogram(FeatureProfile profile)
    {
        Profile = profile;
        _numeric = (profile as NumericFeatureProfile)?.Bins;
        _categories = (profile as CategoricalFeatureProfile)?.Bins;
        _counts = new long[profile.BinCounts.Length];
    }

    /// <summary>The reference.</summary>
    internal FeatureProfile Profile { get; }

    /// <summary>Rows per bin, aligned with the profile's <see cref="FeatureProfile.BinCounts"/>.</summary>
    internal ReadOnlySpan<long> Counts => _counts;

    /// <summary>Rows added so far, missing ones included.</summary>
    internal long RowCount
    {
        get
        {
            var sum = 0L;
            foreach (var count in _counts)
            {
                sum += count;
            }

            return sum;
        }
    }

    /// <summary>
    /// n = (Σ w)² / Σ w²: as many rows of equal weight say as much (Kish, "Survey Sampling", 1965). <see cref="RowCount"/> where every weight is 1; 0 without rows.
    /// </summary>
    internal double EffectiveRowCount
    {
        get
        {
            if (_excess is null)
            {
                return RowCount;
            }

            var sum = GetWeights().Sum();
            return sum == 0 ? 0 : sum * sum / (RowCount + _squareExcess);
        }
    }

    private NumericBins Numeric => _numeric ?? throw WrongKind("numeric", "categorical");

    private CategoryBins Categories => _categories ?? throw WrongKind("categorical", "numeric");

    /// <summary>The weight per bin: <see cref="Counts"/> where every row has weight 1.</summary>
    /// <returns>Aligned with <see cref="Counts"/>.</returns>
    internal double[] GetWeights()
    {
        var weights = Array.ConvertAll(_counts, count => (double)count);
        for (var b = 0; b < weights.Length && _excess is not null; b++)
        {
            weights[b] += _excess[b];
        }

        return weights;
    }

    /// <summary>Counts a number; NaN is missing.</summary>
    /// <param name="value">The value as the model saw it.</param>
    /// <param name="weight">How many rows it stands for, finite and above 0; 1 by default.</param>
    internal void Add(double value, double weight = 1) => Count(Numeric.IndexOf(value), weight);

    /// <inheritdoc cref="Add(double, double)"/>
    internal void Add(float value, double weight = 1) => Count(Numeric.IndexOf(value), weight);

    /// <summary>Counts a category; null is missing.</summary>
    /// <param name="category">The category, or null.</param>
    internal void AddCategory(string? category)
    {
        var bins = Categories;
        _counts[category is null ? bins.MissingBin : bins.IndexOf(category)]++;
    }

    /// <summary>Counts a category.</summary>
    /// <param name="category">The category.</param>
    /// <param name="weight">How many rows it stands for, finite and above 0; 1 by default.</param>
    internal void AddCategory(ReadOnlySpan<char> category, double weight = 1) => Count(Categories.IndexOf(category), weight);

    /// <summary>Counts a category that is an integer.</summary>
    /// <param name="category">The category.</param>
    /// <param name="weight">How many rows it stands for, finite and above 0; 1 by default.</param>
    internal void AddCategory(long category, double weight = 1)
    {
        Span<char> digits = stackalloc char[20];
        category.TryFormat(digits, out var length, provider: CultureInfo.InvariantCulture);
        AddCategory(digits[..length], weight);
    }

    /// <summary>Counts a category given as UTF-8.</summary>
    /// <param name="category">The category.</param>
    /// <param name="weight">How many rows it stands for, finite and above 0; 1 by default.</param>
    internal void AddCategoryUtf8(ReadOnlySpan<byte> category, double weight = 1) => Count(Categories.IndexOfUtf8(category), weight);

    /// <summary>Adds rows whose bin is known.</summary>
    /// <param name="bin">The bin, in the order of <see cref="Counts"/>.</param>
    /// <param name="rowCount">How many.</param>
    internal void AddRows(int bin, long rowCount) => _counts[bin] += rowCount;

    /// <summary>Counts rows without a value.</summary>
    /// <param name="rowCount">How many; 1 by default.</param>
    internal void AddMissing(long rowCount = 1) => _counts[^1] += rowCount;

    /// <summary>Counts a row without a value.</summary>
    /// <param name="weight">How many rows it stands for, finite and above 0.</param>
    internal void AddWeightedMissing(double weight) => Count(_counts.Length - 1, weight);

    /// <summary>Counts a column of numbers.</summary>
    /// <param name="values">Shape (rows); NaN is missing.</param>
    /// <param name="isPresent">Shape (rows), or empty where all are present; false is missing.</param>
    internal void AddRange(ReadOnlySpan<float> values, ReadOnlySpan<bool> isPresent = default) => Numeric.Count(values, isPresent, _counts);

    /// <inheritdoc cref="AddRange(ReadOnlySpan{float}, ReadOnlySpan{bool})"/>
    internal void AddRange(ReadOnlySpan<double> values, ReadOnlySpan<bool> isPresent = default)
        => Numeric.Count(values, isPresent, _counts);

    /// <inheritdoc cref="AddRange(ReadOnlySpan{float}, ReadOnlySpan{bool})"/>
    internal void AddRange(ReadOnlySpan<long> values, ReadOnlySpan<bool> isPresent = default) => Numeric.Count(values, isPresent, _counts);

    /// <summary>Adds the counts of another histogram of the same bins.</summary>
    /// <param name="other">The other; unchanged.</param>
    /// <exception cref="ArgumentException">The two count over different bins.</exception>
    internal void Merge(FeatureHistogram other)
    {
        if (!HasSameBins(Profile, other.Profile))
        {
            throw new ArgumentException(
                $"Expected a histogram over the bins of feature '{Profile.Name}', "
                + $"but found one over other bins (feature '{other.Profile.Name}').",
                nameof(other));
        }

        for (var b = 0; b < _counts.Length; b++)
        {
            _counts[b] += other._counts[b];
        }

        if (other._excess is { } excess)
        {
            _excess ??= new double[_counts.Length];
            for (var b = 0; b < excess.Length; b++)
            {
                _excess[b] += excess[b];
            }

            _squareExcess += other._squareExcess;
        }
    }

    /// <summary>Sets every count to 0, for the next window.</summary>
    internal void Clear()
    {
        _counts.AsSpan().Clear();
        _excess = null;
        _squareExcess = 0;
    }

    private void Count(int bin, double weight)
    {
        _counts[bin]++;
        if (weight != 1)
        {
            _excess ??= new double[_counts.Length];
            _excess[bin] += weight - 1;
            _squareExcess += (weight * weight) - 1;
        }
    }

    private static bool HasSameBins(FeatureProfile one, FeatureProfile other) => ReferenceEquals(one, other) || (one, other) switch
    {
        (NumericFeatureProfile a, NumericFeatureProfile b) => a.Edges.AsSpan().SequenceEqual(b.Edges.AsSpan()),
        (CategoricalFeatureProfile a, CategoricalFeatureProfile b) =>
            a.KnowsRareCategories == b.KnowsRareCategories
            && a.RareHashes.AsSpan().SequenceEqual(b.RareHashes.AsSpan())
            && a.Categories.Select(category => category.Name).SequenceEqual(b.Categories.Select(category => category.Name)),
        _ => false,
    };

    private InvalidOperationException WrongKind(string expected, string found)
        => new($"Expected a {expected} feature to count this kind of value, but found '{Profile.Name}' to be {found}.");
}
