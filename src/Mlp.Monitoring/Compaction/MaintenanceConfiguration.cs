namespace Mlp.Monitoring.Compaction;

/// <summary>The validated settings of what is done with the files of a log: what the running code sees.</summary>
/// <param name="Compacts">Whether segments become Parquet files.</param>
/// <param name="MaximumAge">Rows older than this are deleted, file by file; null for never.</param>
/// <param name="MaximumByteCount">Beyond so many bytes of a model the oldest files are deleted; null for never.</param>
/// <param name="Interval">How often.</param>
/// <param name="SegmentAge">How long after its beginning the youngest row of a segment may have come.</param>
internal sealed record MaintenanceConfiguration(bool Compacts, TimeSpan? MaximumAge, long? MaximumByteCount, TimeSpan Interval, TimeSpan SegmentAge);
