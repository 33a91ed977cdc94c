using System.Collections.Concurrent;
using Mlp.Monitoring.PredictionLog;
using Mlp.Monitoring.Queries;
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
internal sealed class DriftDetector
{
    private const int SampleLimit = 100_000;

    private readonly DataDirectory _directory;
    private readonly IModelRegistry? _registry;
    private readonly DriftConfiguration _configuration;
    private readonly TimeProvider _timeProvider;
    private readonly PredictionLogReader _log;
    private readonly ConcurrentDictionary<(string Model, int Version), RecentDrift> _recent = new();

    /// <summary>Creates the detector.</summary>
    /// <param name="directory">Where the log lies.</param>
    /// <param name="registry">Where the reference profiles are; null when this application has no registry, and then there is nothing to compare with.</param>
    /// <param name="configuration">Settings.</param>
    /// <param name="timeProvider">The clock.</param>
    public DriftDetector(DataDirectory directory, IModelRegistry? registry, DriftConfiguration configuration, TimeProvider timeProvider)
    {
        _directory = directory;
        _registry = registry;
        _configuration = configuration;
        _timeProvider = timeProvider;
        _log = new PredictionLogReader(directory.Predictions, PredictionLogReader.DuckDbOf(PredictionLogReader.WorkFolderOf(directory)));
    }

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

    /// <summary>Compares the logged predictions of a version.</summary>
    /// <param name="model">Model name.</param>
    /// <param name="version">Version, or null for the highest one that has logged predictions.</param>
    /// <param name="from">First request time, or null for the beginning.</param>
    /// <param name="to">Request time to stop before, or null for the end.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="ModelNotFoundException">The version is not in the registry, or nothing of the model was logged.</exception>
    /// <exception cref="InvalidOperationException">The version was published without a reference profile, or there is no registry.</exception>
    public async Task<DriftReport> DetectAsync(string model, int? version, DateTimeOffset? from, DateTimeOffset? to, CancellationToken cancellationToken)
    {
        var number = version ?? FindHighestVersion(model);
        var profile = await ReadProfileAsync(model, number, cancellationToken).ConfigureAwait(false);
        var rules = _configuration.RulesOf(model);
        var window = new DriftWindow(new DriftReference(profile), rules, SampleLimit);
        DriftBatchReader? reader = null;
        await foreach (var batch in _log.ReadAsync(model, PredictionFilter.Of(number, from, to), cancellationToken).ConfigureAwait(false))
        {
            reader ??= new DriftBatchReader(profile, rules);
            reader.Count(batch, window);
        }

        return reader is null
            ? new DriftReport { Model = model, Version = number, From = from, To = to, ReferenceRowCount = profile.RowCount, RowCount = 0, Features = [], NotCompared = [] }
            : DriftComparison.Compare(new(model, number, from, to), window, reader, rules);
    }

    private int FindHighestVersion(string model)
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
