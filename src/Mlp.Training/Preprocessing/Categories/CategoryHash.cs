using System.Text.Json.Serialization;

namespace Mlp.Training.Preprocessing.Categories;

/// <summary>
/// Puts any value into one of a fixed number of buckets, without a list of values: h = ((Σ aᵢ·xᵢ + b) mod p) mod m with the prime p = 2³¹ − 1 (Carter and Wegman, "Universal
/// classes of hash functions", 1979), where xᵢ are the two halves of an integer, x mod 2³¹ and ⌊x / 2³¹⌋ mod p, or the numbers of a text's letters. Every step is exact in int64,
/// in C# and in ONNX. Of a text the first <see cref="LetterHash.MaximumLetters"/> letters count. Immutable and thread-safe.
/// </summary>
/// <param name="Column">Index of the feature in the service's order.</param>
/// <param name="Buckets">m, at least 1.</param>
/// <param name="IsText">Whether the feature is a text; else it is int64.</param>
/// <param name="IsSigned">Whether a second hash of the same form, mod 2, gives each value a sign.</param>
/// <param name="HasMissing">Whether a missing value has a bucket of its own behind the others; else it falls into none.</param>
/// <param name="Seed">Where the coefficients come from.</param>
internal sealed record CategoryHash(int Column, int Buckets, bool IsText, bool IsSigned, bool HasMissing, int Seed)
{
    public const long HalfSize = 1L << 31;

    /// <summary>Dense outputs.</summary>
    [JsonIgnore]
    public int SlotCount => Buckets + (HasMissing ? 1 : 0);

    /// <summary>Where a missing value falls.</summary>
    [JsonIgnore]
    public int MissingSlot => HasMissing ? Buckets : EncodedRows.NoSlot;

    /// <summary>b, then the factor of each half or letter, of the bucket.</summary>
    [JsonIgnore]
    public IReadOnlyList<long> BucketCoefficients { get; } = LetterHash.Draw(Seed, "buckets", IsText ? LetterHash.MaximumLetters : 2);

    /// <summary>b, then the factor of each half or letter, of the sign.</summary>
    [JsonIgnore]
    public IReadOnlyList<long> SignCoefficients { get; } = LetterHash.Draw(Seed, "signs", IsText ? LetterHash.MaximumLetters : 2);

    /// <summary>The bucket of a text.</summary>
    public int BucketOf(string text, LetterNumbers letters) => (int)(LetterHash.Of(text, letters, BucketCoefficients) % Buckets);

    /// <summary>The bucket of an integer.</summary>
    public int BucketOf(long value) => Hash(value, BucketCoefficients, Buckets);

    /// <summary>Whether the sign of a text is minus.</summary>
    public bool IsNegative(string text, LetterNumbers letters) => IsSigned && LetterHash.Of(text, letters, SignCoefficients) % 2 == 1;

    /// <summary>Whether the sign of an integer is minus.</summary>
    public bool IsNegative(long value) => IsSigned && Hash(value, SignCoefficients, 2) == 1;

    private static int Hash(long value, IReadOnlyList<long> coefficients, int modulus)
    {
        var low = FloorMod(value, HalfSize);
        var high = FloorMod((value - low) / HalfSize, LetterHash.Prime);

        // At most 2 · (2^31 − 2) · (2^31 − 1) + 2^31 < 2^63.
        return (int)((coefficients[0] + (coefficients[1] * low) + (coefficients[2] * high)) % LetterHash.Prime % modulus);
    }

    private static long FloorMod(long value, long modulus)
    {
        var rest = value % modulus;
        return rest < 0 ? rest + modulus : rest;
    }
}
