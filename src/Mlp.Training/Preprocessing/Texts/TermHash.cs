using System.Text.Json.Serialization;
using Mlp.Training.Preprocessing.Categories;

namespace Mlp.Training.Preprocessing.Texts;

/// <summary>
/// Puts any term into one of a fixed number of buckets: that of one token by <see cref="LetterHash"/> h, that of more by g₁ = h₁, gₖ = (c·gₖ₋₁ + d·hₖ) mod p. Immutable and
/// thread-safe.
/// </summary>
/// <param name="Buckets">Number of buckets.</param>
/// <param name="Letters">The letters with a number of their own; others count as one letter.</param>
/// <param name="Seed">Where the coefficients come from.</param>
internal sealed record TermHash(int Buckets, IReadOnlyList<string> Letters, int Seed)
{
    /// <summary>b, then the factor of each letter.</summary>
    [JsonIgnore]
    public IReadOnlyList<long> Coefficients { get; } = LetterHash.Draw(Seed, "terms", LetterHash.MaximumLetters);

    /// <summary>c and d, behind a number that is not used.</summary>
    [JsonIgnore]
    public IReadOnlyList<long> JoinFactors { get; } = LetterHash.Draw(Seed, "joined terms", 2);

    /// <summary>Counts the terms of a text.</summary>
    /// <param name="tokens">Its tokens.</param>
    /// <param name="rule">How many of them make a term.</param>
    /// <param name="letters">Numbers of <see cref="Letters"/>.</param>
    /// <param name="counts">One per bucket; added to.</param>
    public void Count(IReadOnlyList<string> tokens, TextRule rule, LetterNumbers letters, Span<int> counts)
    {
        long[] hashes = [.. tokens.Select(t => LetterHash.Of(t, letters, Coefficients))];
        long[] joined = [.. hashes];
        for (var length = 1; length <= rule.Longest && length <= hashes.Length; length++)
        {
            for (var i = 0; i + length <= hashes.Length; i++)
            {
                // Two products below 2^62.
                joined[i] = length == 1 ? hashes[i] : ((joined[i] * JoinFactors[1]) + (hashes[i + length - 1] * JoinFactors[2])) % LetterHash.Prime;
                if (length >= rule.Shortest)
                {
                    counts[(int)(joined[i] % Buckets)]++;
                }
            }
        }
    }
}
