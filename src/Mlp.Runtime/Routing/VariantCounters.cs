using System.Numerics;
using Mlp.Runtime.Predictions;

namespace Mlp.Runtime.Routing;

/// <summary>
/// What became of the calls of one variant: how many, how many of them failed, and how long they took. They only grow; a period is the difference of two readings. A thread counts in one of a few
/// blocks of memory, so that callers do not contend. Thread-safe; counting allocates nothing.
/// </summary>
internal sealed class VariantCounters
{
    private const int Calls = LatencyHistogram.BinCount;
    private const int Errors = Calls + 1;
    private const int Length = Errors + 1;

    private readonly long[][] _blocks;

    /// <summary>Starts at 0.</summary>
    public VariantCounters()
    {
        var count = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Min(Environment.ProcessorCount, 8));
        _blocks = [.. Enumerable.Range(0, count).Select(_ => new long[Length + 16])];
    }

    /// <summary>Counts a call. One that its caller gave up, or that found no room, says nothing of the version and is passed over.</summary>
    /// <param name="outcome">How it ended.</param>
    /// <param name="latencyNanoseconds">How long it took.</param>
    public void Add(PredictionOutcome outcome, long latencyNanoseconds)
    {
        if (outcome is PredictionOutcome.Cancelled or PredictionOutcome.Shed)
        {
            return;
        }

        var block = _blocks[Environment.CurrentManagedThreadId & (_blocks.Length - 1)];
        Interlocked.Increment(ref block[Calls]);
        if (outcome == PredictionOutcome.Ok)
        {
            Interlocked.Increment(ref block[LatencyHistogram.BinOf(latencyNanoseconds)]);
        }
        else
        {
            Interlocked.Increment(ref block[Errors]);
        }
    }

    /// <summary>What has been counted so far.</summary>
    public VariantReading Read()
    {
        var bins = new long[LatencyHistogram.BinCount];
        var (calls, errors) = (0L, 0L);
        foreach (var block in _blocks)
        {
            // A call whose error is read is read too, for its own count comes first.
            errors += Volatile.Read(ref block[Errors]);
            for (var i = 0; i < bins.Length; i++)
            {
                bins[i] += Volatile.Read(ref block[i]);
            }

            calls += Volatile.Read(ref block[Calls]);
        }

        return new VariantReading(calls, errors, bins);
    }
}
