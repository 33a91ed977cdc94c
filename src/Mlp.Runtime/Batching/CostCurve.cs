using System.Numerics;

namespace Mlp.Runtime.Batching;

/// <summary>
/// What a run takes by its number of rows, learned from runs. One estimate per power of two, between which it is linear; beyond the largest one that is known it grows with the
/// number of rows. An estimate follows a quicker run by a quarter of the difference and a slower one by a thirty-second of it, so that it stays near what an undisturbed run takes
/// (the expectile of 1/9) and still follows a model that has become slower. Thread-safe: writers may lose each other's measurement.
/// </summary>
internal sealed class CostCurve
{
    private const int BucketCount = 11;

    private readonly long[] _nanoseconds = new long[BucketCount];

    /// <summary>The powers of two that are known, ascending.</summary>
    public IReadOnlyList<BatchCost> Costs
        => [.. Enumerable.Range(0, BucketCount).Where(b => At(b) > 0).Select(b => new BatchCost(1 << b, At(b) / 1000.0))];

    /// <summary>Takes a measurement into account.</summary>
    /// <param name="rowCount">Number of rows, from 1.</param>
    /// <param name="nanoseconds">Time of the run; nothing is learned from none.</param>
    public void Learn(int rowCount, long nanoseconds)
    {
        if (nanoseconds <= 0)
        {
            return;
        }

        var bucket = NearestBucket(rowCount);
        var known = Estimate(rowCount);

        // What the curve says of the bucket against what it says of these rows is how the measurement is carried over.
        var scaled = known > 0 ? nanoseconds * ((double)Estimate(1 << bucket) / known) : nanoseconds * ((double)(1 << bucket) / rowCount);
        var estimate = At(bucket);
        double next = estimate == 0 ? scaled
            : scaled < estimate ? estimate + ((scaled - estimate) / 4)
            : estimate + ((Math.Min(scaled, 4.0 * estimate) - estimate) / 32);
        Volatile.Write(ref _nanoseconds[bucket], Math.Max(1, (long)next));
    }

    /// <summary>Expected time of a run.</summary>
    /// <param name="rowCount">Number of rows, from 1.</param>
    /// <returns>Nanoseconds; 0 while nothing is known.</returns>
    public long Estimate(int rowCount)
    {
        var (lower, upper) = (-1, -1);
        for (var b = 0; b < BucketCount && upper < 0; b++)
        {
            if (At(b) > 0)
            {
                (lower, upper) = 1 << b <= rowCount ? (b, upper) : (lower, b);
            }
        }

        return (lower, upper) switch
        {
            (-1, -1) => 0,
            (-1, _) => At(upper),
            (_, -1) => Scale(lower, rowCount),
            _ => At(lower) + ((At(upper) - At(lower)) * (rowCount - (1 << lower)) / ((1 << upper) - (1 << lower))),
        };
    }

    /// <summary>The greatest number of rows whose run is expected to end in time.</summary>
    /// <param name="nanoseconds">The time.</param>
    /// <param name="limit">Greatest number that is wanted.</param>
    /// <returns>0 if not even one row would.</returns>
    public int LargestWithin(long nanoseconds, int limit)
    {
        var (low, high) = (0, limit);
        while (low < high)
        {
            var middle = (low + high + 1) / 2;
            (low, high) = Estimate(middle) <= nanoseconds ? (middle, high) : (low, middle - 1);
        }

        return low;
    }

    private static int NearestBucket(int rowCount)
    {
        var lower = BitOperations.Log2((uint)rowCount);
        var isNearerToUpper = 2 * rowCount > 3 << lower;
        return Math.Min(isNearerToUpper ? lower + 1 : lower, BucketCount - 1);
    }

    private long At(int bucket) => Volatile.Read(ref _nanoseconds[bucket]);

    private long Scale(int bucket, int rowCount) => At(bucket) * rowCount / (1 << bucket);
}
