using System.Buffers;
using System.IO.Hashing;
using System.Text;

namespace Mlp.Runtime.Statistics;

/// <summary>
/// The bins of a categorical profile: the listed categories, then other, unseen and missing. Immutable; safe for use by many threads.
/// </summary>
internal sealed class CategoryBins
{
    private const int StackLength = 256;

    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _listed;
    private readonly ulong[] _rareHashes;
    private readonly bool _knowsRareCategories;

    /// <summary>Creates the bins.</summary>
    /// <param name="listed">Names of the listed categories, distinct.</param>
    /// <param name="rareHashes">Hashes of all other categories of the reference, ascending.</param>
    /// <param name="knowsRareCategories">False where the reference had too many categories to remember: what is not listed is then other,
    /// never unseen.</param>
    internal CategoryBins(IEnumerable<string> listed, ReadOnlySpan<ulong> rareHashes, bool knowsRareCategories)
    {
        var indexes = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var name in listed)
        {
            indexes.Add(name, indexes.Count);
        }

        _listed = indexes.GetAlternateLookup<ReadOnlySpan<char>>();
        _rareHashes = rareHashes.ToArray();
        _knowsRareCategories = knowsRareCategories;
        OtherBin = indexes.Count;
    }

    /// <summary>The index of the bin for categories that the reference has but does not list.</summary>
    internal int OtherBin { get; }

    /// <summary>The index of the bin for categories that the reference has never seen.</summary>
    internal int UnseenBin => OtherBin + 1;

    /// <summary>The index of the bin for missing values, the last one.</summary>
    internal int MissingBin => OtherBin + 2;

    /// <summary>The bin of a category, by ordinal comparison. The empty string is a category.</summary>
    /// <param name="category">The category.</param>
    internal int IndexOf(ReadOnlySpan<char> category)
    {
        if (_listed.TryGetValue(category, out var index))
        {
            return index;
        }

        return !_knowsRareCategories || Array.BinarySearch(_rareHashes, Hash(category)) >= 0 ? OtherBin : UnseenBin;
    }

    /// <summary>The bin of a category given as UTF-8.</summary>
    /// <param name="category">The category.</param>
    internal int IndexOfUtf8(ReadOnlySpan<byte> category)
    {
        var rented = category.Length <= StackLength ? null : ArrayPool<char>.Shared.Rent(category.Length);
        Span<char> characters = rented ?? stackalloc char[StackLength];
        var index = IndexOf(characters[..Encoding.UTF8.GetChars(category, characters)]);
        if (rented is not null)
        {
            ArrayPool<char>.Shared.Return(rented);
        }

        return index;
    }

    /// <summary>
    /// XXH3 (64 bits) of the name in UTF-8: what a profile keeps of a rare category. Two categories collide with probability 5e-20.
    /// </summary>
    /// <param name="category">The category.</param>
    internal static ulong Hash(ReadOnlySpan<char> category)
    {
        var length = Encoding.UTF8.GetMaxByteCount(category.Length);
        var rented = length <= StackLength ? null : ArrayPool<byte>.Shared.Rent(length);
        Span<byte> bytes = rented ?? stackalloc byte[StackLength];
        var hash = XxHash3.HashToUInt64(bytes[..Encoding.UTF8.GetBytes(category, bytes)]);
        if (rented is not null)
        {
            ArrayPool<byte>.Shared.Return(rented);
        }

        return hash;
    }
}
