using System.ComponentModel.DataAnnotations;
using Mlp.Monitoring.Drift;
using Mlp.Monitoring.Performance;
using Mlp.Monitoring.Redaction;
using Mlp.Monitoring.Sampling;
using Mlp.Runtime.Statistics.Profiles;

namespace Mlp.Monitoring.Hosting;

/// <summary>Settings of monitoring, bound from the configuration section <c>MlPlatform:Monitoring</c> and validated at start.</summary>
public sealed class MonitoringOptions
{
    /// <summary>The configuration section.</summary>
    public const string SectionName = "MlPlatform:Monitoring";

    /// <summary>Stands for every model in <see cref="LoggedModels"/> and <see cref="DriftModels"/>.</summary>
    public const string AllModels = "*";

    /// <summary>Names of the models whose predictions are logged; <see cref="AllModels"/> for all.</summary>
    /// <value>The default value is empty: nothing is logged.</value>
    public IList<string> LoggedModels { get; } = [];

    /// <summary>Names of the logged models whose recent predictions are compared with their reference profile all the time; <see cref="AllModels"/> for all.</summary>
    /// <value>The default value is empty; drift of what was logged can be asked for in any case.</value>
    public IList<string> DriftModels { get; } = [];

    /// <summary>Which predictions are written down, by model; <see cref="AllModels"/> for those that are not named.</summary>
    /// <value>The default value is empty: all predictions of the logged models.</value>
    public IDictionary<string, SamplingOptions> Sampling { get; } = new Dictionary<string, SamplingOptions>(StringComparer.Ordinal);

    /// <summary>Personal data among features and keys, and what is logged in its place, by model; <see cref="AllModels"/> for those that are not named.</summary>
    /// <value>The default value is empty.</value>
    public IDictionary<string, RedactionOptions> Redaction { get; } = new Dictionary<string, RedactionOptions>(StringComparer.Ordinal);

    /// <summary>Names of the logged models whose predictions are profiled, all of them where the log is sampled; <see cref="AllModels"/> for all.</summary>
    /// <value>The default value is empty.</value>
    public IList<string> ProfiledModels { get; } = [];

    /// <summary>How much time one profile of the live stream covers, a whole number of seconds that divides a day, 1 minute to 1 day. Profiles are merged over any number of them.</summary>
    /// <value>The default value is 1 hour.</value>
    [Range(typeof(TimeSpan), "00:01:00", "1.00:00:00")]
    public TimeSpan ProfilePane { get; set; } = TimeSpan.FromHours(1);

    /// <summary>
    /// How profiles of the live stream keep quantiles. KLL tells values apart that lie within 2 % of each other; a prediction then counts as one in a profile, whatever its sampling weight. Profiles of one kind do not merge with those of the other.
    /// </summary>
    /// <value>The default value is <see cref="QuantileSketchKind.DDSketch"/>.</value>
    [EnumDataType(typeof(QuantileSketchKind))]
    public QuantileSketchKind ProfileQuantileSketch { get; set; } = QuantileSketchKind.DDSketch;

    /// <summary>How often the running profiles are written, 1 second to 1 hour: at most this much is lost of them when the process dies.</summary>
    /// <value>The default value is 5 minutes.</value>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan ProfileSaveInterval { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>Files of profiles are deleted when their time ended this long ago, 1 hour to 100 years, by the process that serves the model, after it wrote; null for never.</summary>
    /// <value>The default value is null.</value>
    [Range(typeof(TimeSpan), "01:00:00", "36500.00:00:00")]
    public TimeSpan? ProfileRetentionAge { get; set; }

    /// <summary>How often what was logged is flushed to the device, 1 millisecond to 1 minute: at most this much, and what comes during a flush, is lost when the power fails.</summary>
    /// <value>The default value is 50 milliseconds.</value>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:01:00")]
    public TimeSpan CommitInterval { get; set; } = TimeSpan.FromMilliseconds(50);

    /// <summary>Memory for predictions on their way to the disk, bytes per model version, 64 KiB to 1 GiB. When it is full, predictions are dropped and counted.</summary>
    /// <value>The default value is 16 MiB: about 50,000 predictions of 40 floats.</value>
    [Range(64 * 1024, 1024 * 1024 * 1024)]
    public int BufferByteCount { get; set; } = 16 * 1024 * 1024;

    /// <summary>A segment of this size is sealed and another one begun, 64 KiB to 2 GiB.</summary>
    /// <value>The default value is 256 MiB.</value>
    [Range(64L * 1024, 2L * 1024 * 1024 * 1024)]
    public long MaximumSegmentByteCount { get; set; } = 256L * 1024 * 1024;

    /// <summary>A segment of this age is sealed and another one begun, 1 second to 7 days.</summary>
    /// <value>The default value is 1 hour.</value>
    [Range(typeof(TimeSpan), "00:00:01", "7.00:00:00")]
    public TimeSpan MaximumSegmentAge { get; set; } = TimeSpan.FromHours(1);

    /// <summary>Whether sealed segments become Parquet files, about a third of the size. The application brings DuckDB's native library then (package <c>DuckDB.NET.Data.Full</c>).</summary>
    /// <value>The default value is false.</value>
    public bool CompactSegments { get; set; }

    /// <summary>Logged predictions are deleted when they have this age and the longest of a segment, 1 minute to 100 years; null for never.</summary>
    /// <value>The default value is null.</value>
    [Range(typeof(TimeSpan), "00:01:00", "36500.00:00:00")]
    public TimeSpan? RetentionAge { get; set; }

    /// <summary>Beyond so many bytes of a model's log its oldest files are deleted, at least 64 KiB; null for never. The segment that is written stays.</summary>
    /// <value>The default value is null.</value>
    [Range(64L * 1024, long.MaxValue)]
    public long? RetentionByteCount { get; set; }

    /// <summary>How often files are compacted and deleted, 1 second to 1 day.</summary>
    /// <value>The default value is 1 minute.</value>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan MaintenanceInterval { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>Memory of DuckDB for a query or a compaction, beyond which it spills to the disk, 64 MiB to 1 TiB.</summary>
    /// <value>The default value is 512 MiB.</value>
    [Range(64L * 1024 * 1024, 1024L * 1024 * 1024 * 1024)]
    public long QueryMemoryLimitBytes { get; set; } = 512L * 1024 * 1024;

    /// <summary>Predictions per model, and labels, that are kept in memory to be joined, 1,000 to 100 million; beyond, the oldest are left out of live quality.</summary>
    /// <value>The default value is 1 million: about 100 MB.</value>
    [Range(1_000, 100_000_000)]
    public int MaximumJoinedPredictions { get; set; } = 1_000_000;

    /// <summary>How often live quality is computed for metrics and figures (<see cref="Alerts.AlertOptions.EvaluationInterval"/> says how often rules look at them), 0 (never) to 1 day.</summary>
    /// <value>The default value is 1 minute.</value>
    [Range(typeof(TimeSpan), "00:00:00", "1.00:00:00")]
    public TimeSpan EvaluationInterval { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>What counts as drift, by model; <see cref="AllModels"/> for those that are not named.</summary>
    /// <value>The default value is empty: population stability index above 0.1 that chance does not explain.</value>
    public IDictionary<string, DriftOptions> Drift { get; } = new Dictionary<string, DriftOptions>(StringComparer.Ordinal);

    /// <summary>How far back the sliding window of the live figures reaches, 1 minute to 365 days.</summary>
    /// <value>The default value is 1 day.</value>
    [Range(typeof(TimeSpan), "00:01:00", "365.00:00:00")]
    public TimeSpan PerformanceWindow { get; set; } = TimeSpan.FromDays(1);

    /// <summary>How long labels are waited for, 0 to 365 days: live figures are of the window that ended this long ago, so that the labels that come first do not decide them.</summary>
    /// <value>The default value is 0.</value>
    [Range(typeof(TimeSpan), "00:00:00", "365.00:00:00")]
    public TimeSpan PerformanceMaturity { get; set; }

    /// <summary>Figures of live quality beyond which a finding is made; without one of its own a figure has that of the reference, if an estimator was published with the version.</summary>
    /// <value>The default value is empty.</value>
    public IList<PerformanceThreshold> PerformanceThresholds { get; } = [];

    /// <summary>How far back the recent window of drift reaches, 1 minute to 30 days.</summary>
    /// <value>The default value is 1 hour.</value>
    [Range(typeof(TimeSpan), "00:01:00", "30.00:00:00")]
    public TimeSpan DriftWindow { get; set; } = TimeSpan.FromHours(1);

    /// <summary>The chance that a report without drift calls any feature drifted, 0.000001 to 0.5.</summary>
    /// <value>The default value is 0.01.</value>
    [Range(0.000001, 0.5)]
    public double DriftSignificance { get; set; } = 0.01;

    /// <summary>Rows below which nothing is said about drift, 1 to 1 million.</summary>
    /// <value>The default value is 100.</value>
    [Range(1, 1_000_000)]
    public int DriftMinimumRowCount { get; set; } = 100;

    /// <summary>The most drifted features per version that appear in the metrics, 0 to 1,000, so that the number of time series stays bounded.</summary>
    /// <value>The default value is 20.</value>
    [Range(0, 1_000)]
    public int DriftMetricFeatureCount { get; set; } = 20;
}
