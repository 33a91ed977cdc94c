namespace Mlp.Training.Networks;

/// <summary>
/// SplitMix64 (Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators", OOPSLA 2014). Its numbers are part of the promise that a seed gives the same weights,
/// which the generators of the BCL and libtorch's global one do not make when two trainings run at once. Not thread-safe.
/// </summary>
internal sealed class SeededRandom(ulong seed)
{
    private const ulong Step = 0x9e3779b97f4a7c15UL;

    /// <summary>A generator of its own for one use of a seed.</summary>
    public static SeededRandom For(int seed, string use)
    {
        var mixed = 0xcbf29ce484222325UL;
        foreach (var letter in use)
        {
            mixed = (mixed ^ letter) * 0x100000001b3UL;
        }

        return new SeededRandom(new SeededRandom((uint)seed).Next() ^ mixed);
    }

    /// <summary>Where the sequence stands: all that there is to save of it.</summary>
    public ulong State { get; set; } = seed;

    public ulong Next() => Mix(State += Step);

    /// <summary>One number out of a sequence of its own, without the numbers before it.</summary>
    /// <param name="seed">Which sequence.</param>
    /// <param name="index">Which number.</param>
    /// <param name="bound">The number is in [0, bound).</param>
    public static int IntAt(int seed, int index, int bound) => (int)Math.BigMul(Mix(Mix((uint)seed + Step) + ((ulong)(uint)index * Step)), (ulong)bound, out _);

    /// <summary>A number in [0, 1).</summary>
    public double NextDouble() => (Next() >> 11) * (1.0 / (1UL << 53));

    /// <summary>A number in [0, bound); its bias is below bound / 2^64.</summary>
    public int NextInt(int bound) => (int)Math.BigMul(Next(), (ulong)bound, out _);

    /// <summary>Shuffles (Fisher and Yates).</summary>
    public void Shuffle(Span<int> values)
    {
        for (var i = values.Length - 1; i > 0; i--)
        {
            var j = NextInt(i + 1);
            (values[i], values[j]) = (values[j], values[i]);
        }
    }

    /// <summary>Fills with 0 (probability rate) and 1 / (1 - rate).</summary>
    public void FillDropoutMask(Span<float> mask, double rate)
    {
        var threshold = (ulong)(rate * 4294967296.0);
        var kept = (float)(1 / (1 - rate));
        for (var i = 0; i < mask.Length; i += 2)
        {
            var bits = Next();
            mask[i] = (bits & 0xffffffff) < threshold ? 0 : kept;
            if (i + 1 < mask.Length)
            {
                mask[i + 1] = (bits >> 32) < threshold ? 0 : kept;
            }
        }
    }

    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9UL;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebUL;
        return z ^ (z >> 31);
    }
}
