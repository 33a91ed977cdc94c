using System.Numerics;

namespace Mlp.Runtime.Routing;

/// <summary>
/// Which bin of a histogram of latencies a time belongs to: 16 bins for each power of two nanoseconds, so that the middle of a bin is within 1/32 of every time in it. Times
/// under 32 ns share the first bins one each; those from 2^40 ns (18 minutes) on share the last. Pure functions.
/// </summary>
internal static class LatencyHistogram
{
    private const int SubBits = 4;
    private const int GreatestBits = 40;

    /// <summary>Number of bins.</summary>
    public const int BinCount = ((GreatestBits - SubBits) << SubBits) + (1 << SubBits);

    /// <summary>The bin of a time.</summary>
    /// <param name="nanoseconds">The time.</param>
    public static int BinOf(long nanoseconds)
    {
        var value = (ulong)Math.Clamp(nanoseconds, 0, (1L << GreatestBits) - 1);
        var shift = Math.Max(0, BitOperations.Log2(value) - SubBits);
        return (shift << SubBits) + (int)(value >> shift);
    }

    /// <summary>The middle of a bin.</summary>
    /// <param name="bin">The bin.</param>
    /// <returns>Nanoseconds.</returns>
    public static double MiddleOf(int bin)
    {
        var shift = Math.Max(0, (bin >> SubBits) - 1);
        var first = (long)(bin - (shift << SubBits)) << shift;
        return first + (((1L << shift) - 1) / 2.0);
    }

    /// <summary>A quantile: the middle of the bin in which the call of rank ceil(q n) lies.</summary>
    /// <param name="bins">Calls per bin.</param>
    /// <param name="quantile">0 to 1.</param>
    /// <returns>Nanoseconds; NaN without calls.</returns>
    public static double QuantileOf(ReadOnlySpan<long> bins, double quantile)
    {
        var count = 0L;
        foreach (var bin in bins)
        {
            count += bin;
        }

        var rank = Math.Max(1, (long)Math.Ceiling(quantile * count));
        for (var i = 0; i < bins.Length; i++)
        {
            rank -= bins[i];
            if (rank <= 0 && count > 0)
            {
                return MiddleOf(i);
            }
        }

        return double.NaN;
    }
}
