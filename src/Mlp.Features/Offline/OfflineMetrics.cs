using System.Diagnostics.Metrics;

namespace Mlp.Features.Offline;

/// <summary>Instruments of the offline store, meter <c>Mlp.Features</c>.</summary>
internal static class OfflineMetrics
{
    private static readonly Meter Meter = new("Mlp.Features");

    /// <summary>Compactions committed.</summary>
    internal static Counter<long> Compactions { get; } = Meter.CreateCounter<long>("mlp.features.compactions", "{commit}", "Compactions of the offline store.");

    /// <summary>Files that compactions took out.</summary>
    internal static Counter<long> CompactedFiles { get; } = Meter.CreateCounter<long>("mlp.features.compacted_files", "{file}", "Data files that compactions replaced.");

    /// <summary>Files of earlier commits that were removed.</summary>
    internal static Counter<long> ExpiredFiles { get; } = Meter.CreateCounter<long>("mlp.features.expired_files", "{file}", "Data files of earlier commits that were removed.");

    /// <summary>Work in the background that failed.</summary>
    internal static Counter<long> MaintenanceFailures { get; } = Meter.CreateCounter<long>("mlp.features.maintenance_failures", "{failure}", "Compactions, expiries and deletions in the background that failed.");

    /// <summary>Files that a question, a materialization or a compaction had to read.</summary>
    internal static Counter<long> OpenedFiles { get; } = Meter.CreateCounter<long>("mlp.features.opened_files", "{file}", "Data files of the offline store that were opened to be read.");

    /// <summary>Files that could be left closed.</summary>
    internal static Counter<long> PrunedFiles { get; } = Meter.CreateCounter<long>("mlp.features.pruned_files", "{file}", "Data files of the offline store that were left closed, because nothing in them could be seen.");
}
