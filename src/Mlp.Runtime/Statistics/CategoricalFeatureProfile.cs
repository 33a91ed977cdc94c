using System.Collections.Immutable;

namespace Mlp.Runtime.Statistics;

/// <summary>A categorical feature in the reference. Immutable; safe for use by many threads.</summary>
/// <remarks>
/// Bins: one per listed category, then <em>other</em> (categories of the reference that are not listed), <em>unseen</em> (categories that
/// the reference never had; 0 rows there), then missing. Categories compare by ordinal. To tell other from unseen, the profile keeps a
/// 64-bit hash of each rare category, up to
/// <see cref="MaximumRareCategories"/> of them; beyond that (<see cref="KnowsRareCategories"/> is false) whatever is not listed counts as
/// other.
/// </remarks>
public sealed class CategoricalFeatureProfile : FeatureProfile
{
    /// <summary>The number of rare categories that a profile remembers at most: 4,096.</summary>
    public const int MaximumRareCategories = 4096;

    internal CategoricalFeatureProfile(
        string name,
        long rowCount,
        long missingCount,
        ImmutableArray<CategoryCount> categories,
        long otherCount,
        ImmutableArray<ulong> rareHashes,
        bool knowsRareCategories)
        : base(name, rowCount, missingCount)
    {
        if (categories.Select(category => category.Name).Distinct(StringComparer.Ordinal).Count() != categories.Length)
        {
            throw new ArgumentException(
                $"Expected the categories of feature '{name}' to be distinct, but found one twice.",
                nameof(categories));
        }

        BinCounts = [.. categories.Select(category => category.Count), otherCount, 0, missingCount];
        ThrowIfNotAllRows(name, BinCounts.AsSpan(), rowCount);
        Categories = categories;
        OtherCount = otherCount;
        RareHashes = rareHashes;
        KnowsRareCategories = knowsRareCategories;
        Bins = new(categories.Select(category => category.Name), rareHashes.AsSpan(), knowsRareCategories);
    }

    /// <summary>The most frequent categories, by falling count, equal counts by ordinal name.</summary>
    public ImmutableArray<CategoryCount> Categories { get; }

    /// <summary>Rows whose category is not listed.</summary>
    public long OtherCount { get; }

    /// <summary>True where a category that is not listed can be told to be rare or unseen.</summary>
    public bool KnowsRareCategories { get; }

    /// <summary>Rows per listed category, then other, unseen (0) and missing.</summary>
    public override ImmutableArray<long> BinCounts { get; }

    internal ImmutableArray<ulong> RareHashes { get; }

    internal CategoryBins Bins { get; }
}
