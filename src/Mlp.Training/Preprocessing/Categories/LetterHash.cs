using Mlp.Training.Networks;

namespace Mlp.Training.Preprocessing.Categories;

/// <summary>The hash of a text by the numbers of its letters xᵢ: (Σ aᵢ·xᵢ + b) mod p, exact in int64.</summary>
internal static class LetterHash
{
    public const long Prime = int.MaxValue;

    /// <summary>Letters of a text that count.</summary>
    public const int MaximumLetters = 256;

    /// <summary>The hash, below <see cref="Prime"/>.</summary>
    /// <param name="text">The text.</param>
    /// <param name="letters">Numbers of letters, below 2^21.</param>
    /// <param name="coefficients">b, then one factor per letter.</param>
    public static long Of(string text, LetterNumbers letters, IReadOnlyList<long> coefficients)
    {
        var sum = coefficients[0];
        var position = 0;
        foreach (var letter in text.EnumerateRunes())
        {
            if (++position > MaximumLetters)
            {
                break;
            }

            // At most 256 products below 2^21 · 2^31.
            sum += letters.NumberOf(letter) * coefficients[position];
        }

        return sum % Prime;
    }

    /// <summary>Coefficients that a seed gives: b from 0, then factors from 1, all below <see cref="Prime"/>.</summary>
    public static long[] Draw(int seed, string use, int factors)
    {
        var random = SeededRandom.For(seed, use);
        var coefficients = new long[1 + factors];
        for (var i = 0; i < coefficients.Length; i++)
        {
            coefficients[i] = i == 0 ? random.NextInt((int)Prime) : 1 + random.NextInt((int)Prime - 1);
        }

        return coefficients;
    }
}
