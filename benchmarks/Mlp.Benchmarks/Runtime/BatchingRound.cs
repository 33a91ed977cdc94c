using System.Diagnostics;

namespace Mlp.Benchmarks.Runtime;

/// <summary>What some callers saw.</summary>
/// <param name="Elapsed">Time until the last one had its last answer.</param>
/// <param name="Processor">Processor time of this process meanwhile.</param>
/// <param name="AllocatedBytes">Bytes that were allocated meanwhile.</param>
/// <param name="Latencies">Timestamps per caller and call.</param>
internal sealed record BatchingRound(TimeSpan Elapsed, TimeSpan Processor, long AllocatedBytes, long[][] Latencies)
{
    /// <summary>Time per call of all callers together, microseconds.</summary>
    public double MicrosecondsPerCall => Elapsed.TotalMicroseconds / Latencies.Sum(l => l.Length);

    /// <summary>Processor time per call, microseconds: what other processes take from the machine does not show in it.</summary>
    public double ProcessorMicrosecondsPerCall => Processor.TotalMicroseconds / Latencies.Sum(l => l.Length);

    /// <summary>Bytes per call, what the callers themselves cost included.</summary>
    public double BytesPerCall => (double)AllocatedBytes / Latencies.Sum(l => l.Length);

    /// <summary>A quantile of the latencies, microseconds.</summary>
    /// <param name="quantile">0 to 1.</param>
    public double Quantile(double quantile)
    {
        long[] sorted = [.. Latencies.SelectMany(l => l).Order()];
        return sorted[(int)(quantile * (sorted.Length - 1))] * 1e6 / Stopwatch.Frequency;
    }
}
