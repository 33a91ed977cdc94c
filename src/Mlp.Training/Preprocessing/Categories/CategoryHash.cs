using System.Text;
using System.Text.Json.Serialization;
using Mlp.Training.Networks;

namespace Mlp.Training.Preprocessing.Categories;

/// <summary>
/// Puts any value into one of a fixed number of buckets, without a list of values: h = ((Σ aᵢ·xᵢ + b) mod p) mod m with the prime p = 2³¹ − 1 (Carter and Wegman, "Universal
/// classes of hash functions", 1979), where xᵢ are the two halves of an integer, x mod 2³¹ and ⌊x / 2³¹⌋ mod p, or the numbers of a text's letters. Every step is exact in int64,
/// in C# and in ONNX. Of a text the first <see cref="MaximumLetters"/> letters count. Immutable and thread-safe.
/// </summary>
/// <param name="Column">Index of the feature in the service's order.</param>
/// <param name="Buckets">m, at least 1.</param>
/// <param name="IsText">Whether the feature is a text; else it is int64.</param>
/// <param name="IsSigned">Whether a second hash of the same form, mod 2, gives each value a sign.</param>
/// <param name="HasMissing">Whether a missing value has a bucket of its own behind the others; else it falls into none.</param>
/// <param name="Seed">Where the coefficients come from.</param>
internal sealed record CategoryHash(int Column, int Buckets, bool IsText, bool IsSigned, bool HasMissing, int Seed)
{
    public const long Prime = int.MaxValue;

    public const long HalfSize = 1L << 31;

    public const int MaximumLetters = 256;

    /// <summary>Dense outputs.</summary>
    [JsonIgnore]
    public int SlotCount => Buckets + (HasMissing ? 1 : 0);

    /// <summary>Where a missing value falls.</summary>
    [JsonIgnore]
    public int MissingSlot => HasMissing ? Buckets : EncodedRows.NoSlot;

    /// <summary>b, then the factor of each half or letter, of the bucket.</summary>
    [JsonIgnore]
    public IReadOnlyList<long> BucketCoefficients { get; } = Draw(Seed, "buckets", IsText);

    /// <summary>b, then the factor of each half or letter, of the sign.</summary>
    [JsonIgnore]
    public IReadOnlyList<long> SignCoefficients { get; } = Draw(Seed, "signs", IsText);

    /// <summary>The bucket of a text.</summary>
    public int BucketOf(string text, LetterNumbers letters) => Hash(text, letters, BucketCoefficients, Buckets);

    /// <summary>The bucket of an integer.</summary>
    public int BucketOf(long value) => Hash(value, BucketCoefficients, Buckets);

    /// <summary>Whether the sign of a text is minus.</summary>
    public bool IsNegative(string text, LetterNumbers letters) => IsSigned && Hash(text, letters, SignCoefficients, 2) == 1;

    /// <summary>Whether the sign of an integer is minus.</summary>
    public bool IsNegative(long value) => IsSigned && Hash(value, SignCoefficients, 2) == 1;

    private static int Hash(string text, LetterNumbers letters, IReadOnlyList<long> coefficients, int modulus)
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

        return (int)(sum % Prime % modulus);
    }

    private static int Hash(long value, IReadOnlyList<long> coefficients, int modulus)
    {
        var low = FloorMod(value, HalfSize);
        var high = FloorMod((value - low) / HalfSize, Prime);

        // At most 2 · (2^31 − 2) · (2^31 − 1) + 2^31 < 2^63.
        return (int)((coefficients[0] + (coefficients[1] * low) + (coefficients[2] * high)) % Prime % modulus);
    }

    private static long FloorMod(long value, long modulus)
    {
        var rest = value % modulus;
        return rest < 0 ? rest + modulus : rest;
    }

    private static long[] Draw(int seed, string use, bool isText)
    {
        var random = SeededRandom.For(seed, use);
        var coefficients = new long[1 + (isText ? MaximumLetters : 2)];
        for (var i = 0; i < coefficients.Length; i++)
        {
            // b may be 0, the factors may not; all are below p.
            coefficients[i] = i == 0 ? random.NextInt((int)Prime) : 1 + random.NextInt((int)Prime - 1);
        }

        return coefficients;
    }
}
