using System.Collections.Frozen;
using Mlp.Monitoring.Compaction;
using Mlp.Monitoring.Drift;
using Mlp.Monitoring.PredictionLog;
using Mlp.Monitoring.Profiles;
using Mlp.Monitoring.Redaction;
using Mlp.Monitoring.Sampling;

namespace Mlp.Monitoring.Hosting;

/// <summary>The validated settings, copied once: what the running code sees.</summary>
/// <param name="LoggedModels">Names, or all.</param>
/// <param name="DriftModels">Names, or all.</param>
/// <param name="Log">Settings of the prediction log.</param>
/// <param name="Drift">Settings of drift detection.</param>
/// <param name="MaximumJoinedPredictions">Predictions per model, and labels, that are kept in memory.</param>
/// <param name="EvaluationInterval">How often live quality is computed for the metrics; zero for never.</param>
/// <param name="DriftMetricFeatureCount">Features per version in the metrics.</param>
internal sealed record MonitoringConfiguration(
    IReadOnlySet<string> LoggedModels,
    IReadOnlySet<string> DriftModels,
    PredictionLogConfiguration Log,
    DriftConfiguration Drift,
    int MaximumJoinedPredictions,
    TimeSpan EvaluationInterval,
    int DriftMetricFeatureCount)
{
    /// <summary>What is done with the files of the prediction log.</summary>
    public required MaintenanceConfiguration Maintenance { get; init; }

    /// <summary>Memory of DuckDB for a query or a compaction.</summary>
    public required long QueryMemoryLimitBytes { get; init; }

    /// <summary>Names, or all.</summary>
    public IReadOnlySet<string> ProfiledModels { get; init; } = new HashSet<string>();

    /// <summary>Settings of profiles.</summary>
    public ProfileConfiguration Profiles { get; init; } = ProfileConfiguration.Default;

    public static MonitoringConfiguration From(MonitoringOptions options) => new(
        options.LoggedModels.ToHashSet(StringComparer.Ordinal),
        options.DriftModels.ToHashSet(StringComparer.Ordinal),
        new PredictionLogConfiguration(options.CommitInterval, options.BufferByteCount, options.MaximumSegmentByteCount, options.MaximumSegmentAge)
        {
            Sampling = options.Sampling.ToDictionary(s => s.Key, s => SamplingConfiguration.From(s.Value), StringComparer.Ordinal),
            Redaction = options.Redaction.ToDictionary(r => r.Key, r => RedactionConfiguration.From(r.Value), StringComparer.Ordinal),
        },
        new DriftConfiguration(options.DriftWindow, options.DriftSignificance, options.DriftMinimumRowCount) { Models = options.Drift.ToFrozenDictionary(StringComparer.Ordinal) },
        options.MaximumJoinedPredictions,
        options.EvaluationInterval,
        options.DriftMetricFeatureCount)
    {
        Maintenance = new(options.CompactSegments, options.RetentionAge, options.RetentionByteCount, options.MaintenanceInterval, options.MaximumSegmentAge + options.CommitInterval),
        QueryMemoryLimitBytes = options.QueryMemoryLimitBytes,
        ProfiledModels = options.ProfiledModels.ToHashSet(StringComparer.Ordinal),
        Profiles = new ProfileConfiguration(options.ProfilePane, options.ProfileSaveInterval) { RetentionAge = options.ProfileRetentionAge, QuantileSketch = options.ProfileQuantileSketch },
    };

    /// <summary>Whether the predictions of a model are logged.</summary>
    public bool IsLogged(string model) => Names(LoggedModels, model) || WatchesDrift(model) || IsProfiled(model);

    /// <summary>Whether there are profiles of the predictions of a model.</summary>
    public bool IsProfiled(string model) => Names(ProfiledModels, model);

    /// <summary>Whether the recent predictions of a model are compared with its reference.</summary>
    public bool WatchesDrift(string model) => Names(DriftModels, model);

    private static bool Names(IReadOnlySet<string> models, string model) => models.Contains(model) || models.Contains(MonitoringOptions.AllModels);
}
