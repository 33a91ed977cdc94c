using System.ComponentModel.DataAnnotations;

namespace Mlp.Training.Distributed.Diagnostics;

/// <summary>What of a training is written to a timeline, which chrome://tracing and ui.perfetto.dev show.</summary>
public sealed class TimelineOptions
{
    /// <summary>
    /// The file, which is replaced; its folder is made. Replicas in one process share it. Of a group of processes each writes a file of its own, with the rank before the extension ("run.json" becomes "run.rank-3.json");
    /// of an elastic group the number of the process. <see cref="Timeline.Merge"/> puts them together. A file that cannot be written is told to the log and ends no training.
    /// </summary>
    /// <value>The default value is null, which stands for no timeline.</value>
    public string? Path { get; set; }

    /// <summary>The first step that is written, 1 to 1,000,000,000, counted from where this run of the training begins. What comes before the first step is written where this is 1.</summary>
    /// <value>The default value is 1.</value>
    [Range(1, 1_000_000_000)]
    public long FirstStep { get; set; } = 1;

    /// <summary>How many steps are written, 1 to 1,000,000. A step is 6 events and up to 4 per bucket, of some 120 bytes each.</summary>
    /// <value>The default value is 200.</value>
    [Range(1, 1_000_000)]
    public int Steps { get; set; } = 200;

    /// <summary>Events that wait in memory for the disk, 1,024 to 16,777,216; each takes some 100 bytes. What comes while all are taken is left out and counted.</summary>
    /// <value>The default value is 65,536.</value>
    [Range(1024, 1 << 24)]
    public int BufferedEvents { get; set; } = 1 << 16;

    internal TimelineOptions Copy() => (TimelineOptions)MemberwiseClone();
}
