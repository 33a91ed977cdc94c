using System.Collections.Immutable;
using System.Runtime.InteropServices;

namespace Mlp.Runtime.Statistics;

/// <summary>Counts categories while a reference column is read.</summary>
internal sealed class CategoryTally
{
    private readonly Dictionary<string, long> _counts = new(StringComparer.Ordinal);
    private long _rowCount;
    private long _missingCount;

    /// <summary>Categories and their rows.</summary>
    internal IReadOnlyDictionary<string, long> Counts => _counts;

    /// <summary>All rows.</summary>
    internal long RowCount => _rowCount;

    /// <summary>Rows without a category.</summary>
    internal long MissingCount => _missingCount;

    /// <summary>Counts a row; null is missing.</summary>
    /// <param name="category">The category, or null.</param>
    internal void Add(string? category)
    {
        if (category is null)
        {
            AddMissing();
        }
        else
        {
            Add(category.AsSpan());
        }
    }

    /// <summary>Counts a row; a name is copied when it first occurs.</summary>
    /// <param name="category">The category.</param>
    internal void Add(ReadOnlySpan<char> category)
    {
        _rowCount++;
        CollectionsMarshal.GetValueRefOrAddDefault(_counts.GetAlternateLookup<ReadOnlySpan<char>>(), category, out _)++;
    }

    /// <summary>Counts a row without a category.</summary>
    internal void AddMissing()
    {
        _rowCount++;
        _missingCount++;
    }

    /// <summary>Lists the most frequent categories, equal counts by ordinal name, and remembers the rest by hash.</summary>
    /// <param name="name">The feature's name.</param>
    /// <param name="maximumCategories">How many to list.</param>
    internal CategoricalFeatureProfile ToProfile(string name, int maximumCategories)
    {
        var ordered = _counts
            .Select(pair => new CategoryCount(pair.Key, pair.Value))
            .OrderByDescending(category => category.Count)
            .ThenBy(category => category.Name, StringComparer.Ordinal)
            .ToArray();
        var rare = ordered.Skip(maximumCategories).ToArray();
        var knowsRare = rare.Length <= CategoricalFeatureProfile.MaximumRareCategories;
        return new(
            name,
            _rowCount,
            _missingCount,
            [.. ordered.Take(maximumCategories)],
            rare.Sum(category => category.Count),
            knowsRare ? [.. rare.Select(category => CategoryBins.Hash(category.Name)).Order()] : ImmutableArray<ulong>.Empty,
            knowsRare);
    }
}
