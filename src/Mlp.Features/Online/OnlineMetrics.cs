using System.Diagnostics.Metrics;

namespace Mlp.Features.Online;

/// <summary>Instruments of the online store, meter <c>Mlp.Features</c>.</summary>
internal static class OnlineMetrics
{
    private static readonly Meter Meter = new("Mlp.Features");

    /// <summary>Rows read, one per entity and view, whether found or not.</summary>
    internal static Counter<long> Reads { get; } = Meter.CreateCounter<long>("mlp.features.reads", "{row}", "Rows read from the online store.");

    /// <summary>Rows of <see cref="Reads"/> that had to wait for the disk.</summary>
    internal static Counter<long> PendingReads { get; } = Meter.CreateCounter<long>("mlp.features.pending_reads", "{row}", "Rows read from the online store that waited for the disk.");

    /// <summary>Rows of <see cref="Reads"/> that the hot tier had.</summary>
    internal static Counter<long> HotTierHits { get; } = Meter.CreateCounter<long>("mlp.features.hot_tier.hits", "{row}", "Rows read from the hot tier.");

    /// <summary>Rows of <see cref="Reads"/> that the hot tier did not have.</summary>
    internal static Counter<long> HotTierMisses { get; } = Meter.CreateCounter<long>("mlp.features.hot_tier.misses", "{row}", "Rows that the hot tier did not have, so that the row store was asked.");

    /// <summary>Rows that left the hot tier to make room.</summary>
    internal static Counter<long> HotTierEvictions { get; } = Meter.CreateCounter<long>("mlp.features.hot_tier.evictions", "{row}", "Rows that left the hot tier to make room.");

    /// <summary>Bytes of the rows in the hot tiers of the process.</summary>
    internal static ObservableUpDownCounter<long> HotTierSize { get; }
        = Meter.CreateObservableUpDownCounter("mlp.features.hot_tier.size", HotTierSizes.Sum, "By", "Bytes of the rows in the hot tier, with their keys.");

    /// <summary>Rows pushed and acknowledged.</summary>
    internal static Counter<long> PushedRows { get; } = Meter.CreateCounter<long>("mlp.features.pushed_rows", "{row}", "Rows pushed and on the device.");

    /// <summary>Rows materialised.</summary>
    internal static Counter<long> MaterializedRows { get; } = Meter.CreateCounter<long>("mlp.features.materialized_rows", "{row}", "Rows brought from the offline into the online store.");

    /// <summary>Rows that were not materialised, because they fit on no page.</summary>
    internal static Counter<long> PassedOverRows { get; } = Meter.CreateCounter<long>("mlp.features.passed_over_rows", "{row}", "Rows that a materialization passed over because they fit on no page of the online store.");

    /// <summary>Checkpoints taken.</summary>
    internal static Counter<long> Checkpoints { get; } = Meter.CreateCounter<long>("mlp.features.checkpoints", "{checkpoint}", "Checkpoints of the online store.");

    /// <summary>Checkpoints and offline commits that failed and will be tried again.</summary>
    internal static Counter<long> BackgroundFailures { get; } = Meter.CreateCounter<long>("mlp.features.background_failures", "{failure}", "Checkpoints and offline commits of pushed rows that failed.");
}
