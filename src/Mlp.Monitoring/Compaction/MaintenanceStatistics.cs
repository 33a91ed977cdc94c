namespace Mlp.Monitoring.Compaction;

/// <summary>What became of the files of the prediction logs since the start. Immutable.</summary>
/// <param name="Compacted">Segments that became Parquet files.</param>
/// <param name="Expired">Files that were deleted because of their age, or because there were too many bytes of them.</param>
/// <param name="Damaged">Segments that could not be read to their end. What was whole of them took their place, and they are kept under a name that ends in <c>.damaged</c>.</param>
/// <param name="Failed">Files that could not be compacted or deleted, each attempt counted; they are tried again.</param>
public sealed record MaintenanceStatistics(long Compacted, long Expired, long Damaged, long Failed)
{
    /// <summary>Bytes of damaged segments that cannot be read.</summary>
    public long LostBytes { get; init; }
}
