using System.Collections.Concurrent;
using System.Globalization;
using Apache.Arrow;
using Mlp.Monitoring.Figures;
using Mlp.Monitoring.PredictionLog;
using Mlp.Monitoring.Queries;
using Mlp.Runtime.Data;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Models;
using Mlp.Runtime.Predictions;
using Mlp.Runtime.Registry;
using Mlp.Runtime.Statistics;

namespace Mlp.Monitoring.Drift;

/// <summary>
/// Compares logged predictions with the reference profile that was published with their model version. Bins come from the reference alone, so that a figure depends on nothing but two rows
/// of counts, and one outlier moves it by no more than one row can. Thread-safe.
/// </summary>
internal sealed class DriftDetector : IFigureSource
{
    private const int SampleLimit = 100_000;

    private readonly DataDirectory _directory;
    private readonly IModelRegistry? _registry;
    private readonly DriftConfiguration _configuration;
    private readonly TimeProvider _timeProvider;
    private readonly IEstimator _estimator;
    private readonly PredictionLogReader _log;
    private readonly ConcurrentDictionary<(string Model, int Version), RecentDrift> _recent = new();

    /// <summary>Creates the detector.</summary>
    /// <param name="directory">Where the log lies.</param>
    /// <param name="registry">Where the reference profiles are; null when this application has no registry, and then there is nothing to compare with.</param>
    /// <param name="configuration">Settings.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="estimator">The classifier that tests the whole vector; null for a logistic regression.</param>
    /// <param name="settings">How DuckDB is limited where it reads what was compacted; null for the defaults.</param>
    public DriftDetector(
        DataDirectory directory, IModelRegistry? registry, DriftConfiguration configuration, TimeProvider timeProvider, IEstimator? estimator = null, DuckDbSettings? settings = null)
    {
        _directory = directory;
        _registry = registry;
        _configuration = configuration;
        _timeProvider = timeProvider;
        _estimator = estimator ?? new RidgeLogisticEstimator();
        _log = new PredictionLogReader(directory.Predictions, settings ?? PredictionLogReader.DuckDbOf(PredictionLogReader.WorkFolderOf(directory)));
    }

    /// <summary>How DuckDB is limited where it reads what was compacted.</summary>
    internal DuckDbSettings QuerySettings => _log.Settings;

    /// <summary>The recent window of every version in service that has one.</summary>
    public IEnumerable<DriftReport> Recent => _recent.Values.Select(r => r.Report()).OfType<DriftReport>();

    /// <summary>Why versions in service are not watched, a sentence each.</summary>
    public IEnumerable<string> Problems => _recent.Values.Select(r => r.Problem).OfType<string>();

    /// <summary>Begins to watch a version that comes into service.</summary>
    public RecentDrift Watch(ServedModel model)
    {
        var key = (model.Manifest.Name, model.Manifest.Version);
        var profile = FindProfileAsync(model.Manifest, CancellationToken.None);
        return _recent[key] = new RecentDrift(model, profile, _configuration, _timeProvider, left => _recent.TryRemove(new(key, left)));
    }

    /// <inheritdoc/>
    public IEnumerable<Figure> Latest
    {
        get
        {
            // The recent window moves on with the clock, by which rules tell one window from the next.
            var now = _timeProvider.GetUtcNow();
            return Recent.SelectMany(r => DriftFigures.Of(r with { From = now - _configuration.Window, To = now }, _configuration.MinimumRowCount));
        }
    }

    /// <inheritdoc/>
    public IEnumerable<Finding> Findings => Recent.SelectMany(r => r.Findings);

    /// <summary>Compares the logged predictions of a version.</summary>
    /// <param name="model">Model name.</param>
    /// <param name="version">Version, or null for the highest one that has logged predictions.</param>
    /// <param name="from">First request time, or null for the beginning.</param>
    /// <param name="to">Request time to stop before, or null for the end.</param>
    /// <param name="reference">Logged predictions of the version to compare with, or null for the profile that was published with it.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="ArgumentException">The reference window ends before it begins.</exception>
    /// <exception cref="ModelNotFoundException">The version is not in the registry, or nothing of the model was logged.</exception>
    /// <exception cref="InvalidOperationException">The version was published without a reference profile, or there is no registry; the reference window holds no predictions; the reference has none of the features.</exception>
    public async Task<DriftReport> DetectAsync(
        string model, int? version, DateTimeOffset? from, DateTimeOffset? to, ReferenceWindow? reference = null, CancellationToken cancellationToken = default)
    {
        var reading = await BeginAsync(model, version, from, to, reference, cancellationToken).ConfigureAwait(false);
        await foreach (var batch in ReadAsync(model, reading.Range.Version, from, to, cancellationToken).ConfigureAwait(false))
        {
            reading.Add(batch);
        }

        return await CompleteAsync(reading, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Reads the reference; the predictions that are compared with it are handed over by the caller.</summary>
    /// <inheritdoc cref="DetectAsync"/>
    public async Task<DriftReading> BeginAsync(
        string model, int? version, DateTimeOffset? from, DateTimeOffset? to, ReferenceWindow? reference, CancellationToken cancellationToken)
    {
        if (reference is { From: { } first, To: { } end } && first >= end)
        {
            throw new ArgumentException($"Expected the reference window to begin before it ends, but it reaches from {Text(first, string.Empty)} to {Text(end, string.Empty)}.", nameof(reference));
        }

        var number = version ?? FindHighestVersion(model);
        var rules = _configuration.RulesOf(model);
        var output = _log.FindHeader(model, number)?.Output;
        var known = reference is null
            ? DriftReference.Of(await ReadProfileAsync(model, number, cancellationToken).ConfigureAwait(false), rules, output)
            : await ReadWindowAsync(model, number, reference, rules, output, cancellationToken).ConfigureAwait(false);
        var window = new DriftWindow(known, rules, SampleLimit);
        var reader = new DriftBatchReader(known.Profile, rules, output);
        var sample = reference is null || !rules.TestsWholeVector ? null : new RowSample(VectorTests.LimitFor(known.Profile.Features.Length), known.Profile.Features.Length);
        return new DriftReading(new(model, number, from, to), reference, rules, known, window, reader, sample);
    }

    /// <summary>Compares what was read.</summary>
    /// <param name="reading">The reference and the predictions.</param>
    /// <param name="cancellationToken">Ends the reading of the reference's rows, for the tests of the whole vector.</param>
    /// <exception cref="InvalidOperationException">The reference has none of the features.</exception>
    public async Task<DriftReport> CompleteAsync(DriftReading reading, CancellationToken cancellationToken)
    {
        var (range, reference, rules, known, window, reader, sample) = reading;
        var (model, number) = (range.Model, range.Version);
        if (window.RowCount == 0)
        {
            return DriftComparison.Nothing(range, known.Profile.RowCount);
        }

        if (!reader.Compared.Any() && reader.Foreign.Count > 0 && known.Profile.Features.Length > 0)
        {
            throw new InvalidOperationException(
                $"Expected the reference of model '{model}' version {number} to have features that are logged ({Names(reader.Foreign)}), but found {Names(known.Profile.Features.Select(f => f.Name))}.");
        }

        var vector = sample is null ? null : await TestVectorAsync(model, number, reference!, known, reader, sample, rules, cancellationToken).ConfigureAwait(false);
        var report = DriftComparison.Compare(
            range, (known.Profile.RowCount, window.RowCount), window.Compared(reader.Compared), reader.NotCompared, rules, vector);
        return known.Note is { } note ? report with { Notes = [note, .. report.Notes] } : report;
    }

    private async Task<IReadOnlyList<VectorDrift>> TestVectorAsync(
        string model, int version, ReferenceWindow reference, DriftReference known, DriftBatchReader compared, RowSample current, DriftRules rules, CancellationToken cancellationToken)
    {
        var sample = new RowSample(VectorTests.LimitFor(current.ColumnCount), current.ColumnCount);
        var reader = new DriftBatchReader(known.Profile, rules, null);
        var window = new DriftWindow(known, rules, 0);
        await foreach (var batch in ReadAsync(model, version, reference.From, reference.To, cancellationToken).ConfigureAwait(false))
        {
            reader.Count(batch, window, sample);
        }

        return VectorTests.Run(sample, current, new VectorEncoding(sample, known.Profile, compared.Compared), _estimator);
    }

    private static string Names(IEnumerable<string> names) => string.Join(", ", names.Take(10).Select(n => $"'{n}'"));

    private IAsyncEnumerable<RecordBatch> ReadAsync(string model, int version, DateTimeOffset? from, DateTimeOffset? to, CancellationToken cancellationToken) => _log.ReadAsync(model, PredictionFilter.Of(version, from, to), cancellationToken);

    private async Task<DriftReference> ReadWindowAsync(
        string model, int version, ReferenceWindow reference, DriftRules rules, ModelOutput? output, CancellationToken cancellationToken)
    {
        var columns = new ReferenceColumns(rules, SampleLimit);
        await foreach (var batch in ReadAsync(model, version, reference.From, reference.To, cancellationToken).ConfigureAwait(false))
        {
            columns.Add(batch, output);
        }

        return columns.TotalRowCount > 0
            ? columns.Build()
            : throw new InvalidOperationException($"Expected answered predictions of model '{model}' version {version} in the reference window, but found none between {Text(reference.From, "the beginning")} and {Text(reference.To, "the end")}.");
    }

    private static string Text(DateTimeOffset? time, string open) => time is { } t ? t.ToString("O", CultureInfo.InvariantCulture) : open;

    /// <summary>The highest version that has logged predictions.</summary>
    /// <param name="model">Model name.</param>
    /// <exception cref="ModelNotFoundException">Nothing of the model was logged.</exception>
    public int FindHighestVersion(string model)
        => _log.FindVersions(model).DefaultIfEmpty(0).Max() is > 0 and var highest
            ? highest
            : throw new ModelNotFoundException(
                model, "any version", $"Expected logged predictions of model '{model}' in '{_directory.Predictions}', but found none: drift is found in what was logged.");

    private async Task<ReferenceProfile> ReadProfileAsync(string model, int version, CancellationToken cancellationToken)
    {
        if (_registry is null)
        {
            throw new InvalidOperationException($"Expected a model registry to read the reference profile of model '{model}' version {version} from, but this application has none.");
        }

        var manifest = _registry.FindVersion(model, version)
            ?? throw new ModelNotFoundException(
                model, $"version {version}", $"Expected version {version} of model '{model}' in the registry, but found versions {string.Join(", ", _registry.ListVersions(model))}.");
        return await FindProfileAsync(manifest, cancellationToken).ConfigureAwait(false)
            ?? throw new InvalidOperationException($"Expected model '{model}' version {version} to have a reference profile to compare with, but it was published without one.");
    }

    /// <summary>The reference profile of a version, or null when it was published without one.</summary>
    internal async Task<ReferenceProfile?> FindProfileAsync(ModelManifest manifest, CancellationToken cancellationToken)
    {
        if (_registry is null || manifest.ReferenceProfileSha256 is null)
        {
            return null;
        }

        return await _registry.ReadReferenceProfileAsync(manifest, cancellationToken).ConfigureAwait(false) is { } json ? ReferenceProfile.Parse(json) : null;
    }
}
