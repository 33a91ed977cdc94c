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

    /// <summary>Rows pushed and acknowledged.</summary>
    internal static Counter<long> PushedRows { get; } = Meter.CreateCounter<long>("mlp.features.pushed_rows", "{row}", "Rows pushed and on the device.");

    /// <summary>Rows materialised.</summary>
    internal static Counter<long> MaterializedRows { get; } = Meter.CreateCounter<long>("mlp.features.materialized_rows", "{row}", "Rows brought from the offline into the online store.");

    /// <summary>Checkpoints taken.</summary>
    internal static Counter<long> Checkpoints { get; } = Meter.CreateCounter<long>("mlp.features.checkpoints", "{checkpoint}", "Checkpoints of the online store.");

    /// <summary>Checkpoints and offline commits that failed and will be tried again.</summary>
    internal static Counter<long> BackgroundFailures { get; } = Meter.CreateCounter<long>("mlp.features.background_failures", "{failure}", "Checkpoints and offline commits of pushed rows that failed.");
}
