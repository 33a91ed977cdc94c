using Apache.Arrow;
using Mlp.Monitoring.Alerts;
using Mlp.Monitoring.Compaction;
using Mlp.Monitoring.Comparison;
using Mlp.Monitoring.Drift;
using Mlp.Monitoring.Estimation;
using Mlp.Monitoring.Labels;
using Mlp.Monitoring.Performance;
using Mlp.Monitoring.PredictionLog;
using Mlp.Monitoring.Profiles;
using Mlp.Monitoring.Queries;
using Mlp.Monitoring.Reports;
using Mlp.Runtime;
using Mlp.Runtime.Data;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Predictions;
using Mlp.Runtime.Registry;
using Mlp.Runtime.Statistics.Profiles;

namespace Mlp.Monitoring.Hosting;

/// <summary>
/// The door to monitoring: labels in, and out of it the logged predictions, live quality and drift. What it reads is what lies in the files: call <see cref="FlushAsync"/> first where the
/// predictions of the last commit interval matter. Before the platform is started and after it was closed its methods throw <see cref="InvalidOperationException"/>. Thread-safe.
/// </summary>
public sealed partial class ModelMonitor
{
    private readonly PredictionLogWriter _writer;
    private readonly PredictionLogReader _reader;
    private readonly PredictionExport _export;
    private readonly LogMaintenance _maintenance;
    private readonly LabelStore _labels;
    private readonly LabelKeyCheck _labelKeys;
    private readonly LivePerformance _performance;
    private readonly DriftDetector _drift;
    private readonly AlertWatch _alerts;
    private readonly AlertFeed _alertFeed;
    private readonly ReportBuilder _reports;
    private readonly ProfileStore _profiles;
    private readonly string[] _declared;
    private readonly ModelPatternDeclaration[] _patterns;

    internal ModelMonitor(
        PredictionLogWriter writer,
        PredictionLogReader reader,
        PredictionExport export,
        LogMaintenance maintenance,
        LabelStore labels,
        LivePerformance performance,
        DriftDetector drift,
        AlertWatch alerts,
        AlertFeed alertFeed,
        ReportBuilder reports,
        ProfileStore profiles,
        IEnumerable<ModelDeclaration> declarations,
        IEnumerable<ModelPatternDeclaration> patterns)
    {
        _alerts = alerts;
        _alertFeed = alertFeed;
        _reports = reports;
        _patterns = [.. patterns];
        _declared = [.. declarations.Select(d => d.Name).Distinct(StringComparer.Ordinal)];
        _writer = writer;
        _reader = reader;
        (_export, _maintenance) = (export, maintenance);
        _labels = labels;
        _labelKeys = new LabelKeyCheck(reader, writer.KeysInService);
        _performance = performance;
        _drift = drift;
        _profiles = profiles;
    }

    /// <summary>What became of the predictions of every version that was in service since the start: accepted = written + dropped + pending.</summary>
    public IReadOnlyList<LogStatistics> LogStatistics => _writer.Statistics;

    /// <summary>What became of the files of the prediction logs since the start: compacted, deleted, damaged.</summary>
    public MaintenanceStatistics MaintenanceStatistics => _maintenance.Statistics;

    /// <summary>Completes when every prediction made before the call is on the device, or counted as dropped.</summary>
    /// <param name="model">One model only, or null for all.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="ModelNotFoundException">The model is not declared, and nothing of it was ever logged.</exception>
    /// <exception cref="IOException">The disk refused what was pending; it is counted as dropped.</exception>
    public Task FlushAsync(string? model = null, CancellationToken cancellationToken = default)
    {
        Open(_writer);
        if (model is not null)
        {
            RequireKnown(model);
        }

        return _writer.FlushAsync(model, cancellationToken);
    }

    /// <summary>Reads logged predictions.</summary>
    /// <param name="model">Model name.</param>
    /// <param name="version">One version only, or null for all.</param>
    /// <param name="from">First request time, or null for the beginning.</param>
    /// <param name="to">Request time to stop before, or null for the end.</param>
    /// <param name="variant">One variant only, for example <c>champion</c>, or null for all.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <returns>Batches with the columns of <see cref="PredictionColumns"/> and the features; those of one version have one schema, unless its redaction was changed. Disposing them is not needed.</returns>
    /// <exception cref="ArgumentException">The name cannot be that of a model.</exception>
    /// <exception cref="ModelNotFoundException">The model is not declared, and nothing of it was ever logged.</exception>
    /// <exception cref="CorruptFileException">A segment is damaged; a tail that a crash has torn is no damage.</exception>
    public IAsyncEnumerable<RecordBatch> ReadPredictionsAsync(
        string model, int? version = null, DateTimeOffset? from = null, DateTimeOffset? to = null, string? variant = null, CancellationToken cancellationToken = default)
    {
        RequireKnown(model);
        return _reader.ReadAsync(model, PredictionFilter.Of(version, from, to, variant), cancellationToken);
    }

    /// <summary>
    /// Asks the logged predictions of a model in SQL of DuckDB. They are the relation <c>predictions</c>, with the columns of <see cref="PredictionColumns"/> and the features of all versions; the SQL sees
    /// no other model, file or setting. The application brings DuckDB's native library (package <c>DuckDB.NET.Data.Full</c>).
    /// </summary>
    /// <param name="model">Model name.</param>
    /// <param name="sql">One SELECT, for example <c>SELECT variant, avg(score) FROM predictions GROUP BY variant</c>.</param>
    /// <param name="version">One version only, or null for all.</param>
    /// <param name="from">First request time, or null for the beginning.</param>
    /// <param name="to">Request time to stop before, or null for the end.</param>
    /// <param name="variant">One variant only, or null for all.</param>
    /// <param name="cancellationToken">Ends the query.</param>
    /// <returns>The rows of the answer. Disposing the batches is not needed.</returns>
    /// <exception cref="ArgumentException">The SQL is not one SELECT over <c>predictions</c>, or the name cannot be that of a model.</exception>
    /// <exception cref="ModelNotFoundException">The model is not declared, and nothing of it was ever logged.</exception>
    /// <exception cref="InvalidOperationException">The SQL cannot be computed over what was logged.</exception>
    /// <exception cref="CorruptFileException">A file of the log is damaged.</exception>
    /// <exception cref="MissingNativePackageException">The application does not bring libduckdb.</exception>
    public IAsyncEnumerable<RecordBatch> QueryPredictionsAsync(
        string model, string sql, int? version = null, DateTimeOffset? from = null, DateTimeOffset? to = null, string? variant = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(sql);
        RequireKnown(model);
        return new PredictionQuery(_reader).RunAsync(model, sql, PredictionFilter.Of(version, from, to, variant), cancellationToken);
    }

    /// <summary>Writes logged predictions into one Arrow IPC file (Feather version 2), which every reader of Arrow takes. The file has its name when it is whole and on the device.</summary>
    /// <param name="model">Model name.</param>
    /// <param name="path">Where it goes, in a folder that exists; a file of that name is replaced.</param>
    /// <param name="version">One version only, or null for all, which must have the same columns then.</param>
    /// <param name="from">First request time, or null for the beginning.</param>
    /// <param name="to">Request time to stop before, or null for the end.</param>
    /// <param name="variant">One variant only, or null for all.</param>
    /// <param name="cancellationToken">Gives up; nothing is left.</param>
    /// <returns>Number of predictions; without any no file is written, and one of that name is deleted, which would pass for the answer.</returns>
    /// <exception cref="InvalidOperationException">The predictions do not have the same columns.</exception>
    /// <exception cref="ModelNotFoundException">The model is not declared, and nothing of it was ever logged.</exception>
    /// <exception cref="CorruptFileException">A file of the log is damaged.</exception>
    /// <exception cref="DirectoryNotFoundException">The folder of the file does not exist.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public Task<long> ExportPredictionsAsync(
        string model, string path, int? version = null, DateTimeOffset? from = null, DateTimeOffset? to = null, string? variant = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        RequireKnown(model);
        return _export.WriteAsync(model, path, PredictionFilter.Of(version, from, to, variant), cancellationToken);
    }

    /// <summary>Repairs damaged segments, compacts sealed ones and deletes what is too old or too much, as the settings say, now and not at the next interval. What fails is logged and counted (<see cref="MaintenanceStatistics"/>).</summary>
    /// <param name="cancellationToken">Gives up; nothing half-done is left.</param>
    /// <exception cref="InvalidOperationException">The platform has not been started, or was closed, or does not own the data directory.</exception>
    public Task MaintainPredictionsAsync(CancellationToken cancellationToken = default) => Open(_maintenance).RunAsync(cancellationToken);

    /// <summary>Reads every label of every process, corrections included.</summary>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <returns>Batches with the columns of <see cref="LabelColumns"/>. Disposing them is not needed.</returns>
    /// <exception cref="CorruptFileException">A segment is damaged.</exception>
    public IAsyncEnumerable<RecordBatch> ReadLabelsAsync(CancellationToken cancellationToken = default) => Open(_labels).ReadAsync(cancellationToken);

    /// <summary>
    /// Joins labels to logged predictions and computes the quality of each version, by the same kernels as on a holdout. The label is that of the name that the model's
    /// <see cref="Runtime.Models.ModelOutput.LabelName"/> says.
    /// </summary>
    /// <param name="model">Model name.</param>
    /// <param name="version">One version only, or null for all that have logged predictions.</param>
    /// <param name="from">First request time, or null for the beginning.</param>
    /// <param name="to">Request time to stop before, or null for the end.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <returns>One result per version, ascending; empty where nothing of a declared model was logged yet.</returns>
    /// <exception cref="ArgumentException">The name cannot be that of a model.</exception>
    /// <exception cref="ModelNotFoundException">The model is not declared, and nothing of it was ever logged.</exception>
    /// <exception cref="CorruptFileException">A segment is damaged.</exception>
    public Task<IReadOnlyList<PerformanceResult>> EvaluateAsync(
        string model, int? version = null, DateTimeOffset? from = null, DateTimeOffset? to = null, CancellationToken cancellationToken = default)
    {
        RequireKnown(model);
        return _performance.EvaluateAsync(model, version, from, to, cancellationToken);
    }

    /// <summary>
    /// Computes the quality of each version by sliding windows, roles and slices, over matured predictions only, with confidence intervals. Labels are joined on the disk: the range is not limited by memory, of
    /// which each result takes 24 bytes per labelled row.
    /// </summary>
    /// <param name="model">Model name.</param>
    /// <param name="options">Which predictions, and how they are grouped.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <returns>Results by version, window, slice and variant, ascending; those of all slices and variants first. A window without a prediction has none; a version without one in the range has one that says so.</returns>
    /// <exception cref="ArgumentException">The name cannot be that of a model, or an option lies outside its range.</exception>
    /// <exception cref="ModelNotFoundException">The model is not declared, and nothing of it was ever logged.</exception>
    /// <exception cref="CorruptFileException">A segment is damaged.</exception>
    /// <exception cref="IOException">The disk refused what did not fit into memory.</exception>
    public Task<IReadOnlyList<PerformanceResult>> EvaluateAsync(string model, EvaluationOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        RequireKnown(model);
        return _performance.EvaluateAsync(model, options, cancellationToken);
    }

    /// <summary>
    /// Estimates the quality of a classifier from its scores alone (CBPE), or the errors of a regression from its features and predictions (DLE), window by window, beside the realised quality as far as labels have come, and says where the two exclude each other. The
    /// estimate sees a change of the inputs; it is blind to a change of what they mean.
    /// </summary>
    /// <param name="model">Model name.</param>
    /// <param name="options">What is estimated, and what it is learnt from.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <returns>One result per window that has predictions, ascending; windows of the reference are not among them.</returns>
    /// <exception cref="ArgumentException">The name cannot be that of a model, or an option lies outside its range.</exception>
    /// <exception cref="ModelNotFoundException">The model is not declared, and nothing of it was ever logged.</exception>
    /// <exception cref="InvalidOperationException">The version is neither classifier nor regression, nothing was given or published to estimate by, or the reference has no labels to learn from.</exception>
    /// <exception cref="CorruptFileException">A segment is damaged.</exception>
    public Task<IReadOnlyList<EstimationResult>> EstimateAsync(string model, EstimationOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        RequireKnown(model);
        return _performance.EstimateAsync(model, options, cancellationToken);
    }

    /// <summary>
    /// Compares the loss of two versions: on the requests that both answered, as a shadow does, or on their own where the traffic was split. The interval stays right however often one asks, so that asking may
    /// end with the first answer that one likes.
    /// </summary>
    /// <param name="model">Model name.</param>
    /// <param name="options">Which versions, and by which loss.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="ArgumentException">The name cannot be that of a model, or an option lies outside its range.</exception>
    /// <exception cref="ModelNotFoundException">The model is not declared, and nothing of it was ever logged.</exception>
    /// <exception cref="InvalidOperationException">A version has no logged predictions, the loss does not fit the models, or the answers of a version have different sampling weights.</exception>
    /// <exception cref="CorruptFileException">A segment is damaged.</exception>
    public Task<VariantComparison> CompareAsync(string model, VariantComparisonOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        RequireKnown(model);
        return _performance.CompareAsync(model, options, cancellationToken);
    }

    /// <summary>Looks for labels that no evaluation can use: of predictions that no log holds, and such as their model cannot have. Reads the logs of all models.</summary>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="CorruptFileException">A segment is damaged.</exception>
    /// <exception cref="IOException">The disk refused what did not fit into memory.</exception>
    public Task<LabelReport> CheckLabelsAsync(CancellationToken cancellationToken = default) => Open(_performance).CheckLabelsAsync(cancellationToken);

    /// <summary>Compares the inputs and the score of logged predictions with the reference profile that was published with their version.</summary>
    /// <param name="model">Model name.</param>
    /// <param name="version">Version, or null for the highest one that has logged predictions: a challenger or shadow where one answers, so name the champion's to hear of that.</param>
    /// <param name="from">First request time, or null for the beginning.</param>
    /// <param name="to">Request time to stop before, or null for the end.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <returns>The comparison, most drifted feature first.</returns>
    /// <exception cref="ModelNotFoundException">The version is not in the registry, or nothing of the model was logged.</exception>
    /// <exception cref="InvalidOperationException">The version was published without a reference profile.</exception>
    /// <exception cref="CorruptFileException">A segment or the profile is damaged.</exception>
    public Task<DriftReport> DetectDriftAsync(
        string model, int? version = null, DateTimeOffset? from = null, DateTimeOffset? to = null, CancellationToken cancellationToken = default)
        => Open(_drift).DetectAsync(model, version, from, to, null, cancellationToken);

    /// <summary>Compares the inputs, the score and the predicted class of logged predictions with those of another time, and the rows as a whole.</summary>
    /// <param name="model">Model name.</param>
    /// <param name="reference">The predictions to compare with.</param>
    /// <param name="version">Version, or null for the highest one that has logged predictions: a challenger or shadow where one answers, so name the champion's to hear of that.</param>
    /// <param name="from">First request time, or null for the beginning.</param>
    /// <param name="to">Request time to stop before, or null for the end.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <returns>The comparison, most drifted feature first.</returns>
    /// <exception cref="ArgumentException">The reference window ends before it begins.</exception>
    /// <exception cref="ModelNotFoundException">Nothing of the model was logged.</exception>
    /// <exception cref="InvalidOperationException">The reference window holds no predictions.</exception>
    /// <exception cref="CorruptFileException">A segment is damaged.</exception>
    public Task<DriftReport> DetectDriftAsync(
        string model, ReferenceWindow reference, int? version = null, DateTimeOffset? from = null, DateTimeOffset? to = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(reference);
        return Open(_drift).DetectAsync(model, version, from, to, reference, cancellationToken);
    }

    /// <summary>The recent window of the versions in service whose drift is watched all the time, without reading a file.</summary>
    /// <param name="model">Model name.</param>
    /// <returns>One report per version, ascending; a version is absent before its first prediction and without a reference profile.</returns>
    /// <exception cref="ModelNotFoundException">The model is not declared, and nothing of it was ever logged.</exception>
    public IReadOnlyList<DriftReport> GetRecentDrift(string model)
    {
        RequireKnown(model);
        return [.. _drift.Recent.Where(r => r.Model == model).OrderBy(r => r.Version)];
    }

    /// <summary>
    /// The profile of the live stream of a version: of every prediction that it answered, those that sampling left out of the log too. It is merged from panes (<see cref="MonitoringOptions.ProfilePane"/>): every pane that reaches into the asked
    /// time counts as a whole, and the profile says which time it is of. What is in memory counts; call <see cref="FlushAsync"/> first where the predictions of the last commit interval matter.
    /// </summary>
    /// <param name="model">Model name.</param>
    /// <param name="version">Version, or null for the highest one that has a profile.</param>
    /// <param name="from">First request time, or null for the beginning.</param>
    /// <param name="to">Request time to stop before, or null for the end.</param>
    /// <param name="variant">The predictions of one role only, for example <c>champion</c>, or null for all.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <returns>The profile: features by name, and the score; null where nothing was profiled in that time.</returns>
    /// <exception cref="ArgumentException">The name cannot be that of a model, or the version was served with other features at different times, whose profiles cannot be merged.</exception>
    /// <exception cref="ModelNotFoundException">The model is not declared, and nothing of it was ever logged.</exception>
    /// <exception cref="CorruptFileException">A profile is damaged.</exception>
    public Task<DataProfile?> GetProfileAsync(
        string model, int? version = null, DateTimeOffset? from = null, DateTimeOffset? to = null, string? variant = null, CancellationToken cancellationToken = default)
    {
        RequireKnown(model);
        return _profiles.GetAsync(model, version, from, to, variant, cancellationToken);
    }

    /// <summary>
    /// Reports how a version is doing: what was found, quality over time with intervals, calibration, slices, drift with histograms, data quality. Reads the log of the range once.
    /// </summary>
    /// <param name="model">Model name.</param>
    /// <param name="options">What about; null for all predictions of the highest version that was logged.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <returns>The report, which can be written as HTML and as JSON.</returns>
    /// <exception cref="ArgumentException">The name cannot be that of a model, or an option lies outside its range.</exception>
    /// <exception cref="ModelNotFoundException">Nothing of the model was logged, or the version is not in the registry.</exception>
    /// <exception cref="CorruptFileException">A segment or the reference is damaged.</exception>
    public Task<MonitoringReport> CreateReportAsync(string model, ReportOptions? options = null, CancellationToken cancellationToken = default)
        => Open(_reports).BuildAsync(model, options ?? new ReportOptions(), cancellationToken);

    /// <summary>Alerts that fire now, as they fired; those that have fired longest first.</summary>
    public IReadOnlyList<Alert> ActiveAlerts => _alerts.Active;

    /// <summary>
    /// Begins to listen to alerts. Those that fire or resolve from now on are in it; <see cref="ActiveAlerts"/> says which fire already. Nobody waits for a subscriber: what comes while
    /// <see cref="AlertOptions.SubscriberBufferLength"/> alerts wait for it, it misses (<see cref="AlertSubscription.MissedCount"/>).
    /// </summary>
    /// <returns>The alerts, until it is disposed of or the platform closes.</returns>
    public AlertSubscription SubscribeToAlerts() => _alertFeed.Subscribe();

    /// <summary>Refuses a model that nobody can mean.</summary>
    private void RequireKnown(string model)
    {
        Open(_reader);
        if (!_patterns.Any(p => p.Matches(model)))
        {
            _reader.RequireKnown(model, _declared);
        }
    }

    /// <summary>A part of monitoring, between the start of the platform and its end.</summary>
    /// <exception cref="InvalidOperationException">The platform has not been started, or was closed.</exception>
    private T Open<T>(T part)
    {
        _labels.Guard.Require();
        return part;
    }
}
