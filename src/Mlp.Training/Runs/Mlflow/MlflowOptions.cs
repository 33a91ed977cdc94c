using System.ComponentModel.DataAnnotations;
using Mlp.Runtime.Hosting;

namespace Mlp.Training.Runs.Mlflow;

/// <summary>How runs are exported to MLflow.</summary>
public sealed class MlflowOptions
{
    /// <summary>How often a request is sent at most, 1 to 20, while the server is busy or cannot be reached.</summary>
    /// <value>The default value is 5.</value>
    [Range(1, 20)]
    public int MaximumAttempts { get; set; } = 5;

    /// <summary>The wait before the second attempt, 1 millisecond to 1 minute; it doubles each time. A server that says how long to wait is believed, up to 2 minutes.</summary>
    /// <value>The default value is 500 milliseconds.</value>
    [Range(typeof(TimeSpan), "00:00:00.0010000", "00:01:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan RetryDelay { get; set; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Whether files that the run has kept are uploaded; the server must serve artifacts itself then.</summary>
    /// <value>The default value is true.</value>
    public bool ExportArtifacts { get; set; } = true;

    /// <summary>What is wrong with the settings, as sentences.</summary>
    internal List<string> FindFailures() => SettingsRanges.FindFailures(nameof(MlflowOptions), this, '.');
}
