using Mlp.Runtime.Data;
using Mlp.Runtime.Models;
using Mlp.Runtime.Registry;
using Mlp.Runtime.Routing;
using Mlp.Runtime.Statistics;

namespace Mlp.Monitoring.Tests.Drift;

/// <summary>A registry that knows one model's versions and their reference profiles, and nothing else.</summary>
internal sealed class ProfileRegistry(string model) : IModelRegistry
{
    private readonly Dictionary<int, (ModelManifest Manifest, byte[]? Profile)> _versions = [];

    public ModelManifest Add(ModelManifest manifest, ReferenceProfile? profile)
    {
        var known = manifest with { ReferenceProfileSha256 = profile is null ? null : new string('b', 64) };
        _versions[manifest.Version] = (known, profile?.ToJson());
        return known;
    }

    /// <summary>Makes the profile of a version unreadable.</summary>
    public void Damage(ModelManifest manifest) => _versions[manifest.Version] = (manifest, "rubbish"u8.ToArray());

    public ModelManifest? FindVersion(string name, int version) => name == model && _versions.TryGetValue(version, out var found) ? found.Manifest : null;

    public IReadOnlyList<int> ListVersions(string name) => name == model ? [.. _versions.Keys.Order()] : [];

    public Task<byte[]?> ReadReferenceProfileAsync(ModelManifest manifest, CancellationToken cancellationToken = default) => Task.FromResult(_versions[manifest.Version].Profile);

    public IReadOnlyList<string> ListModels() => [model];

    public ModelAlias? FindAlias(string name, string alias) => null;

    public Task<ModelManifest> PublishAsync(string name, ModelPackage package, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public Task<ModelAlias> SetAliasAsync(string name, string alias, int version, long expectedRevision, string? reason = null, CancellationToken cancellationToken = default)
        => throw new NotSupportedException();

    public IReadOnlyList<AliasMove> ListAliasMoves(string name, string alias) => [];

    public Task RemoveAliasAsync(string name, string alias, long expectedRevision, string? reason = null, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public StoredRoute? FindRoute(string name) => null;

    public IReadOnlyList<StoredRoute> ListRouteChanges(string name) => [];

    public Task<StoredRoute> SetRouteAsync(string name, ModelRoute route, long expectedRevision, string? reason = null, CancellationToken cancellationToken = default)
        => throw new NotSupportedException();

    public Task RemoveRouteAsync(string name, long expectedRevision, string? reason = null, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public Task<byte[]> ReadOnnxAsync(ModelManifest manifest, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public Task<TrainingSetManifest?> ReadTrainingSetManifestAsync(ModelManifest manifest, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public Task<GoldenRows?> ReadGoldenRowsAsync(ModelManifest manifest, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public Task<OnnxFiles> OpenOnnxAsync(ModelManifest manifest, WeightStorage weights, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public Task<string> ExportAsync(string name, int version, string path, bool includeGoldenRows = true, bool overwrite = false, CancellationToken cancellationToken = default)
        => throw new NotSupportedException();

    public Task<ModelManifest> ImportAsync(string path, string? name = null, CancellationToken cancellationToken = default) => throw new NotSupportedException();
}
