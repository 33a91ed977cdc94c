using System.Collections.Concurrent;
using Mlp.Runtime;
using Mlp.Runtime.Registry;
using Mlp.Runtime.Statistics;

namespace Mlp.Monitoring.Performance;

/// <summary>What quality without labels is estimated by, as it was published with each version in its reference profile. Read once; thread-safe.</summary>
/// <param name="registry">The registry; null where the application has none.</param>
internal sealed class PublishedEstimators(IModelRegistry? registry)
{
    private readonly ConcurrentDictionary<(string Model, int Version), QualityEstimators> _known = new();
    private readonly ConcurrentDictionary<(string Model, int Version), string> _problems = new();

    /// <summary>Which profiles could not be read, a sentence each.</summary>
    public IEnumerable<string> Problems => _problems.Values;

    /// <summary>Those of a version; none where none was published, or where they cannot be read.</summary>
    public async ValueTask<QualityEstimators> FindAsync(string model, int version, CancellationToken cancellationToken)
    {
        if (_known.TryGetValue((model, version), out var known))
        {
            return known;
        }

        try
        {
            var manifest = registry?.FindVersion(model, version);
            var json = manifest?.ReferenceProfileSha256 is null ? null : await registry!.ReadReferenceProfileAsync(manifest, cancellationToken).ConfigureAwait(false);
            var estimators = QualityEstimators.None;
            if (json is not null)
            {
                var profile = ReferenceProfile.Parse(json);
                estimators = new(profile.Estimator, profile.ClassEstimator, profile.LossEstimator);
            }

            if (manifest is not null)
            {
                _known[(model, version)] = estimators;
            }

            _problems.TryRemove((model, version), out _);
            return estimators;
        }
        catch (Exception e) when (e is InvalidDataException or IOException or MlPlatformException)
        {
            // Realised figures need no reference.
            _problems[(model, version)] = $"Expected to read the reference profile of model '{model}' version {version}, so its quality is not estimated: {e.Message}";
            return QualityEstimators.None;
        }
    }
}
