using System.Numerics;

namespace Mlp.Runtime.Batching;

/// <summary>
/// What a run takes by its number of rows, learned from runs. One estimate per power of two, between which it is linear; beyond the largest one that is known it grows with the
/// number of rows. A run between two of them moves both, each by its share of the line. An estimate follows a quicker run by a quarter of the difference and a slower one by a thirty-second of it, so that it stays near what an undisturbed run takes
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

        var lower = Math.Min(BitOperations.Log2((uint)rowCount), BucketCount - 1);
        var upper = Math.Min(rowCount > 1 << lower ? lower + 1 : lower, BucketCount - 1);
        Know(lower, rowCount, nanoseconds);
        Know(upper, rowCount, nanoseconds);
        var error = Math.Min(nanoseconds, 4.0 * Estimate(rowCount)) - Estimate(rowCount);
        error /= error < 0 ? 4 : 32;
        var share = upper == lower ? 0 : (double)(rowCount - (1 << lower)) / (1 << lower);
        Move(lower, (1 - share) * error);
        Move(upper, upper == lower ? 0 : share * error);
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

    private void Know(int bucket, int rowCount, long nanoseconds)
    {
        if (At(bucket) == 0)
        {
            Volatile.Write(ref _nanoseconds[bucket], Math.Max(1, nanoseconds * (1 << bucket) / rowCount));
        }
    }

    private void Move(int bucket, double nanoseconds) => Volatile.Write(ref _nanoseconds[bucket], Math.Max(1, (long)(At(bucket) + nanoseconds)));

    private long At(int bucket) => Volatile.Read(ref _nanoseconds[bucket]);

    private long Scale(int bucket, int rowCount) => At(bucket) * rowCount / (1 << bucket);
}
