namespace Mlp.Runtime.Routing;

/// <summary>What was counted of a variant, or what came in between two readings. Immutable.</summary>
/// <param name="Calls">Calls that were answered or failed.</param>
/// <param name="Errors">Those that failed: the model, its features or its time.</param>
/// <param name="LatencyBins">Answered calls per bin of <see cref="LatencyHistogram"/>.</param>
internal sealed record VariantReading(long Calls, long Errors, IReadOnlyList<long> LatencyBins)
{
    /// <summary>Before the first call.</summary>
    public static VariantReading Nothing { get; } = new(0, 0, new long[LatencyHistogram.BinCount]);

    /// <summary>Share of the calls that failed; 0 without calls.</summary>
    public double ErrorRate => Calls == 0 ? 0 : Errors / (double)Calls;

    /// <summary>A quantile of the latency of answered calls.</summary>
    /// <param name="quantile">0 to 1.</param>
    /// <returns>The latency, within 1/32; null without answered calls.</returns>
    public TimeSpan? Latency(double quantile)
        => LatencyHistogram.QuantileOf([.. LatencyBins], quantile) is var nanoseconds && double.IsNaN(nanoseconds) ? null : TimeSpan.FromTicks((long)Math.Round(nanoseconds / TimeSpan.NanosecondsPerTick));

    /// <summary>What came after an earlier reading.</summary>
    /// <param name="earlier">The earlier reading.</param>
    public VariantReading Since(VariantReading earlier)
        => new(Calls - earlier.Calls, Errors - earlier.Errors, [.. LatencyBins.Zip(earlier.LatencyBins, (now, then) => now - then)]);
}
