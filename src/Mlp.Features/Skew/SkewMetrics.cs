using System.Diagnostics.Metrics;

namespace Mlp.Features.Skew;

/// <summary>Instruments of the skew check, meter <c>Mlp.Features</c>.</summary>
internal static class SkewMetrics
{
    private static readonly Meter Meter = new("Mlp.Features");

    /// <summary>Served rows kept for a check.</summary>
    internal static Counter<long> Sampled { get; } = Meter.CreateCounter<long>("mlp.features.skew.sampled", "{row}", "Served rows that are kept for a skew check.");

    /// <summary>Served rows that should have been kept, but found no room.</summary>
    internal static Counter<long> Dropped { get; } = Meter.CreateCounter<long>("mlp.features.skew.dropped", "{row}", "Served rows that found no room among those kept for a skew check.");

    /// <summary>Served rows that were recomputed.</summary>
    internal static Counter<long> Checked { get; } = Meter.CreateCounter<long>("mlp.features.skew.checked", "{row}", "Served rows that a skew check recomputed.");

    /// <summary>Values that differ, by verdict.</summary>
    internal static Counter<long> Differences { get; } = Meter.CreateCounter<long>("mlp.features.skew.differences", "{value}", "Served values that a skew check did not find again.");

    /// <summary>Values of on-demand views that were not compared, by reason.</summary>
    internal static Counter<long> NotCompared { get; } = Meter.CreateCounter<long>("mlp.features.skew.not_compared", "{value}", "Served values that a skew check did not compare.");

    /// <summary>Checks that failed.</summary>
    internal static Counter<long> Failures { get; } = Meter.CreateCounter<long>("mlp.features.skew.failures", "{check}", "Skew checks that failed.");
}
