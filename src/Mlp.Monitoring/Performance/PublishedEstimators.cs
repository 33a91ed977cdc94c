using System.Collections.Concurrent;
using Mlp.Runtime;
using Mlp.Runtime.Registry;
using Mlp.Runtime.Statistics;
using Mlp.Runtime.Statistics.Estimation;

namespace Mlp.Monitoring.Performance;

/// <summary>What quality without labels is estimated by, as it was published with each version in its reference profile. Read once; thread-safe.</summary>
/// <param name="registry">The registry; null where the application has none.</param>
internal sealed class PublishedEstimators(IModelRegistry? registry)
{
    private readonly ConcurrentDictionary<(string Model, int Version), PerformanceEstimator?> _known = new();
    private readonly ConcurrentDictionary<(string Model, int Version), string> _problems = new();

    /// <summary>Which profiles could not be read, a sentence each.</summary>
    public IEnumerable<string> Problems => _problems.Values;

    /// <summary>That of a version, or null where none was published, or where it cannot be read.</summary>
    public async ValueTask<PerformanceEstimator?> FindAsync(string model, int version, CancellationToken cancellationToken)
    {
        if (_known.TryGetValue((model, version), out var known))
        {
            return known;
        }

        try
        {
            var manifest = registry?.FindVersion(model, version);
            var json = manifest?.ReferenceProfileSha256 is null ? null : await registry!.ReadReferenceProfileAsync(manifest, cancellationToken).ConfigureAwait(false);
            var estimator = json is null ? null : ReferenceProfile.Parse(json).Estimator;
            if (manifest is not null)
            {
                _known[(model, version)] = estimator;
            }

            _problems.TryRemove((model, version), out _);
            return estimator;
        }
        catch (Exception e) when (e is InvalidDataException or IOException or MlPlatformException)
        {
            // Realised figures need no reference.
            _problems[(model, version)] = $"Expected to read the reference profile of model '{model}' version {version}, so its quality is not estimated: {e.Message}";
            return null;
        }
    }
}
