namespace Mlp.Features.Offline;

/// <summary>One immutable Parquet file of a view.</summary>
/// <param name="Path">Path relative to the view's folder, with <c>/</c>.</param>
/// <param name="RowCount">Number of rows.</param>
/// <param name="MinEventTime">Earliest event time, microseconds.</param>
/// <param name="MaxEventTime">Latest event time, microseconds.</param>
/// <param name="MinCreatedTime">Earliest created time, microseconds.</param>
/// <param name="MaxCreatedTime">Latest created time, microseconds.</param>
/// <param name="MinSequence">Lowest ingest sequence.</param>
/// <param name="MaxSequence">Highest ingest sequence.</param>
/// <param name="Length">Length in bytes.</param>
internal sealed record OfflineFile(
    string Path,
    long RowCount,
    long MinEventTime,
    long MaxEventTime,
    long MinCreatedTime,
    long MaxCreatedTime,
    long MinSequence,
    long MaxSequence,
    long Length)
{
    /// <summary>XxHash128 of the content, 32 lower-case hexadecimal digits; null in commits of versions that did not write one.</summary>
    public string? XxHash128 { get; init; }
}
