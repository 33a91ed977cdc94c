using System.ComponentModel.DataAnnotations;
using Mlp.Features.Online;

namespace Mlp.Features;

/// <summary>Settings of the feature store, bound from the configuration section <c>MlPlatform:Features</c> and validated at start.</summary>
public sealed class FeatureStoreOptions
{
    /// <summary>The configuration section.</summary>
    public const string SectionName = "MlPlatform:Features";

    /// <summary>Memory that one ingest or join may use before it spills to disk, in bytes, 64 MiB to 1 TiB.</summary>
    /// <value>The default value is 1 GiB.</value>
    [Range(64L << 20, 1L << 40)]
    public long DuckDbMemoryLimitBytes { get; set; } = 1L << 30;

    /// <summary>Threads that one ingest or join uses, 1 to 1024.</summary>
    /// <value>The default value is the number of processors.</value>
    [Range(1, 1024)]
    public int DuckDbThreads { get; set; } = Environment.ProcessorCount;

    /// <summary>The folder that ingests and joins spill to; made at start, where it must be writable.</summary>
    /// <value>The default value is null: <c>features/tmp</c> in the data directory.</value>
    public string? TemporaryDirectory { get; set; }

    /// <summary>How many rows a data file of the offline store should have; a file holds whole days. 1 to 1 billion.</summary>
    /// <value>The default value is 1,000,000.</value>
    [Range(1L, 1_000_000_000L)]
    public long TargetFileRows { get; set; } = 1_000_000;

    /// <summary>How old a data file of no commit must be before the owner removes it at start: longer than any ingest takes. 0 to 365 days.</summary>
    /// <value>The default value is one day.</value>
    [Range(typeof(TimeSpan), "00:00:00", "365.00:00:00")]
    public TimeSpan UncommittedFileGrace { get; set; } = TimeSpan.FromDays(1);

    /// <summary>How many small data files a view may have before the owner compacts them in the background; 0 leaves that to <c>CompactAsync</c>. 0 to 1 million.</summary>
    /// <value>The default value is 64.</value>
    [Range(0, 1_000_000)]
    public int CompactionFileCount { get; set; } = 64;

    /// <summary>
    /// How long data files that were compacted are kept for readers of earlier commits; a commit whose files are gone cannot be read any more. Longer than any training set takes to be made. 0 to 3650 days.
    /// </summary>
    /// <value>The default value is seven days.</value>
    [Range(typeof(TimeSpan), "00:00:00", "3650.00:00:00")]
    public TimeSpan RemovedFileRetention { get; set; } = TimeSpan.FromDays(7);

    /// <summary>Time between two looks of the owner at what is to be compacted, removed or deleted. 1 second to 1 day.</summary>
    /// <value>The default value is 1 minute.</value>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan MaintenanceInterval { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>Memory that the rows of one training set may use before they go to a file, in bytes, 0 to 1 TiB.</summary>
    /// <value>The default value is 256 MiB.</value>
    [Range(0L, 1L << 40)]
    public long TrainingSetMemoryBytes { get; set; } = 256L << 20;

    /// <summary>Settings of the online store.</summary>
    /// <value>The default value has the defaults of <see cref="OnlineStoreOptions"/>.</value>
    [Required]
    public OnlineStoreOptions Online { get; set; } = new();
}
