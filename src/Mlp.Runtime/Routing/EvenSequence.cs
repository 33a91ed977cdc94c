namespace Mlp.Runtime.Routing;

/// <summary>
/// Numbers that fill a range evenly, for calls that nothing identifies: multiples of the golden ratio modulo 1 (Knuth, The Art of Computer Programming, volume 3, section 6.4), one sequence
/// per thread. Of n numbers the share in an interval differs from its length by at most about log(n)/n, also when only every second or third call of a thread belongs to a model, so that a split is exact
/// in the long run. Thread-safe; allocates nothing.
/// </summary>
internal static class EvenSequence
{
    /// <summary>2^64 divided by the golden ratio, odd.</summary>
    private const ulong Step = 0x9E37_79B9_7F4A_7C15;

    [ThreadStatic]
    private static ulong _position;

    [ThreadStatic]
    private static ulong _sample;

    /// <summary>The bucket of the next call of this thread.</summary>
    /// <returns>0 to 9,999.</returns>
    public static int NextBucket()
    {
        if (_position == 0)
        {
            // Threads begin at different places.
            _position = (ulong)Environment.CurrentManagedThreadId * 0xD1B5_4A32_D192_ED03UL;
        }

        _position += Step;
        return (int)Math.BigMul(_position, ModelRoute.WholeBasisPoints, out _);
    }

    /// <summary>Whether the next of the calls that may be sampled on this thread is, independently of its bucket.</summary>
    /// <param name="rate">Share of them that are, 0 to 1.</param>
    public static bool NextSample(double rate)
    {
        // The square root of 2, so that the two sequences do not go together.
        _sample += 0x6A09_E667_F3BC_C909;
        return (_sample >> 11) * (1.0 / (1UL << 53)) < rate;
    }
}
