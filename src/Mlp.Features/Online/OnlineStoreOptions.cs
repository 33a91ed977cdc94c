using System.ComponentModel.DataAnnotations;

namespace Mlp.Features.Online;

/// <summary>Settings of the online store, validated at start. Sizes are bytes and are rounded down to a power of two.</summary>
public sealed class OnlineStoreOptions
{
    /// <summary>Memory for the newest rows; older ones are read from the disk. 1 MiB to 1 TiB and at least 8 pages.</summary>
    /// <value>The default value is 256 MiB.</value>
    [Range(1L << 20, 1L << 40)]
    public long MemorySize { get; set; } = 256L << 20;

    /// <summary>
    /// Memory of the hot tier, which holds rows that were read lately a second time, so that they are found without a session and many of them together. 0 switches it off; else 64 KiB to 1 TiB for all of it, its index, an
    /// eighth, at once and the rest as it fills. Not rounded.
    /// </summary>
    /// <value>The default value is 64 MiB: a quarter of <see cref="MemorySize"/>, enough for a quarter of a million rows of 32 floats.</value>
    [Range(0L, 1L << 40)]
    public long HotTierSize { get; set; } = 64L << 20;

    /// <summary>Memory for the hash index, allocated at start: about 16 bytes per entity. 64 KiB to 64 GiB.</summary>
    /// <value>The default value is 32 MiB, enough for two million entities.</value>
    [Range(1L << 16, 1L << 36)]
    public long IndexSize { get; set; } = 32L << 20;

    /// <summary>
    /// Memory for pushed rows whose event time or created time lies ahead of the clock, and which wait beside the rows for their time. A push that does not fit is refused (<see cref="FutureRowsException"/>). 64 KiB to 64 GiB.
    /// </summary>
    /// <value>The default value is 64 MiB, enough for some two hundred thousand rows of 32 floats.</value>
    [Range(1L << 16, 1L << 36)]
    public long FutureRowsSize { get; set; } = 64L << 20;

    /// <summary>Page of the log, the unit of eviction and the limit of one row. 64 KiB to 64 MiB. Fixed when the store is first opened.</summary>
    /// <value>The default value is 4 MiB.</value>
    [Range(1L << 16, 1L << 26)]
    public long PageSize { get; set; } = 4L << 20;

    /// <summary>Size of one file of the log, at least a page. 64 KiB to 64 GiB. Fixed when the store is first opened.</summary>
    /// <value>The default value is 256 MiB.</value>
    [Range(1L << 16, 1L << 36)]
    public long SegmentSize { get; set; } = 256L << 20;

    /// <summary>Time between checkpoints while there are writes. 1 millisecond to 1 day.</summary>
    /// <value>The default value is 1 minute.</value>
    [Range(typeof(TimeSpan), "00:00:00.001", "1.00:00:00")]
    public TimeSpan CheckpointInterval { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>Length of the write-ahead log since the last checkpoint that starts the next one. 4 KiB to 64 GiB.</summary>
    /// <value>The default value is 128 MiB.</value>
    [Range(1L << 12, 1L << 36)]
    public long CheckpointWriteAheadLength { get; set; } = 128L << 20;

    /// <summary>Length of the row log below which its replaced rows are left where they are. 1 MiB to 16 TiB.</summary>
    /// <value>The default value is 1 GiB; beyond it the log is compacted when it has doubled.</value>
    [Range(1L << 20, 1L << 44)]
    public long CompactionLength { get; set; } = 1L << 30;

    /// <summary>How many pushed rows of a view wait before they are written to the offline store as one commit. 1 to 10 million.</summary>
    /// <value>The default value is 10,000.</value>
    [Range(1, 10_000_000)]
    public int OfflineBatchSize { get; set; } = 10_000;
}
