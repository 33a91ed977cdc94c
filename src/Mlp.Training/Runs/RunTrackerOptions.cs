using System.ComponentModel.DataAnnotations;
using Mlp.Runtime.Hosting;

namespace Mlp.Training.Runs;

/// <summary>How runs are written.</summary>
public sealed class RunTrackerOptions
{
    /// <summary>How long an entry waits in memory before it is written, 10 milliseconds to 1 minute: what a killed process loses at most.</summary>
    /// <value>The default value is 1 second.</value>
    [Range(typeof(TimeSpan), "00:00:00.0100000", "00:01:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan CommitInterval { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// How many bytes of entries a run keeps in memory, 4 KiB to 1 GiB. Beyond, logging waits for the disk; while it refuses, entries are lost and counted. One entry may have as many, and 512 MiB at most.
    /// </summary>
    /// <value>The default value is 16 MiB.</value>
    [Range(4 * 1024, 1024 * 1024 * 1024)]
    public int MaximumWaitingBytes { get; set; } = 16 * 1024 * 1024;

    /// <summary>What is wrong with the settings, as sentences.</summary>
    /// <param name="path">How the sentences name these options.</param>
    /// <param name="separator">What stands between it and a setting.</param>
    internal List<string> FindFailures(string path = nameof(RunTrackerOptions), char separator = '.') => SettingsRanges.FindFailures(path, this, separator);
}
