using System.Diagnostics.Metrics;
using Mlp.Monitoring.Compaction;
using Mlp.Monitoring.Drift;
using Mlp.Monitoring.Labels;
using Mlp.Monitoring.Performance;
using Mlp.Monitoring.PredictionLog;

namespace Mlp.Monitoring.Hosting;

/// <summary>
/// The instruments of monitoring, on the meter <c>Mlp.Monitoring</c>. All are observable: counting costs nothing until somebody looks, and series of versions that are gone vanish.
/// </summary>
internal sealed class MonitoringMetrics : IDisposable
{
    /// <summary>Name of the meter.</summary>
    public const string MeterName = "Mlp.Monitoring";

    private readonly Meter _meter = new(MeterName);
    private readonly PredictionLogWriter _log;
    private readonly LivePerformance _performance;
    private readonly DriftDetector _drift;
    private readonly int _featureCount;
    private readonly long _minimumRowCount;

    /// <summary>Creates the instruments.</summary>
    public MonitoringMetrics(
        PredictionLogWriter log, LogMaintenance maintenance, LabelStore labels, LivePerformance performance, DriftDetector drift, MonitoringConfiguration configuration)
    {
        _log = log;
        _performance = performance;
        _drift = drift;
        _featureCount = configuration.DriftMetricFeatureCount;
        _minimumRowCount = configuration.Drift.MinimumRowCount;
        _meter.CreateObservableCounter("mlp.prediction_log.accepted", () => Log(s => s.Accepted), "{prediction}", "Predictions that the log was told of.");
        _meter.CreateObservableCounter("mlp.prediction_log.written", () => Log(s => s.Written), "{prediction}", "Predictions that are on the device.");
        _meter.CreateObservableCounter("mlp.prediction_log.dropped", Dropped, "{prediction}", "Predictions that were given up, by reason.");
        _meter.CreateObservableCounter("mlp.prediction_log.sampled_out", () => Log(s => s.SampledOut), "{prediction}", "Predictions that sampling left out of the log.");
        _meter.CreateObservableCounter("mlp.prediction_log.sampling_rule_failures", () => Log(s => s.SamplingRuleFailures), "{failure}", "Times that the rule by which sampling keeps predictions threw.");
        _meter.CreateObservableCounter("mlp.prediction_log.clock_set_backs", () => Log(s => s.ClockSetBacks), "{segment}", "Segments that were begun when the clock had gone back.");
        _meter.CreateObservableCounter("mlp.prediction_log.failed_listeners", () => Log(s => s.FailedListeners), "{listener}", "Watchers of the live stream that failed and are off.");
        _meter.CreateObservableGauge("mlp.prediction_log.pending", () => Log(s => s.Pending), "{prediction}", "Predictions on their way to the device.");
        _meter.CreateObservableCounter("mlp.prediction_log.files.compacted", () => maintenance.Statistics.Compacted, "{file}", "Segments that became Parquet files.");
        _meter.CreateObservableCounter("mlp.prediction_log.files.expired", () => maintenance.Statistics.Expired, "{file}", "Files that were deleted because of age or size.");
        _meter.CreateObservableCounter("mlp.prediction_log.files.damaged", () => maintenance.Statistics.Damaged, "{file}", "Segments that were damaged and repaired.");
        _meter.CreateObservableCounter("mlp.prediction_log.files.lost", () => maintenance.Statistics.LostBytes, "By", "Bytes of damaged segments that cannot be read.");
        _meter.CreateObservableCounter("mlp.prediction_log.files.failed", () => maintenance.Statistics.Failed, "{attempt}", "Attempts to compact or delete a file that failed.");
        _meter.CreateObservableCounter("mlp.labels.recorded", () => labels.RecordedCount, "{label}", "Labels recorded by this process.");
        _meter.CreateObservableGauge("mlp.drift.psi", DriftOfFeatures, "1", "Population stability index of the recent window against the reference profile.");
        _meter.CreateObservableGauge("mlp.live.auc", () => Live(r => r.BinaryClassification?.Auc), "1", "AUC of the labelled predictions.");
        _meter.CreateObservableGauge("mlp.live.log_loss", () => Live(r => r.BinaryClassification?.LogLoss), "1", "Log loss of the labelled predictions.");
        _meter.CreateObservableGauge("mlp.live.label_maturity", () => Live(r => r.LabelMaturity), "1", "Share of the answered predictions that have a label.");
    }

    /// <summary>The meter.</summary>
    public Meter Meter => _meter;

    public void Dispose() => _meter.Dispose();

    private static Measurement<T> Measure<T>(T value, string model, int version, params ReadOnlySpan<KeyValuePair<string, object?>> more)
        where T : struct
        => new(value, [new("model", model), new("version", version), .. more]);

    private static string NameOf(DropReason reason) => reason switch
    {
        DropReason.BufferFull => "buffer_full",
        DropReason.TooLarge => "too_large",
        DropReason.LayoutMismatch => "layout_mismatch",
        DropReason.Closed => "closed",
        _ => "disk",
    };

    private IEnumerable<Measurement<long>> Log(Func<LogStatistics, long> value) => _log.Statistics.Select(s => Measure(value(s), s.Model, s.Version));

    private IEnumerable<Measurement<long>> Dropped()
        => _log.Statistics.SelectMany(s => s.DroppedBy.Select(d => Measure(d.Value, s.Model, s.Version, new KeyValuePair<string, object?>("reason", NameOf(d.Key)))));

    private IEnumerable<Measurement<double>> DriftOfFeatures()
        => _drift.Recent.SelectMany(report => report.Features
            .Where(f => f.RowCount >= _minimumRowCount && !double.IsNaN(f.PopulationStabilityIndex))
            .Take(_featureCount)
            .Select(f => Measure(f.PopulationStabilityIndex, report.Model, report.Version, new KeyValuePair<string, object?>("feature", f.Name))));

    private IEnumerable<Measurement<double>> Live(Func<PerformanceResult, double?> value)
        => _performance.Latest
            .Select(r => (Result: r, Value: value(r)))
            .Where(r => r.Value is { } number && !double.IsNaN(number))
            .Select(r => Measure(r.Value!.Value, r.Result.Model, r.Result.Version));
}
