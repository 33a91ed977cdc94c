using System.Collections.Concurrent;
using Mlp.Runtime.Data;
using Mlp.Runtime.Models;
using Mlp.Runtime.Registry;
using Mlp.Runtime.Routing;
using Mlp.Runtime.Tests.Inference;

namespace Mlp.Runtime.Tests.Versions;

/// <summary>A registry that counts loads and can hold them up; everything else is the true one's.</summary>
internal sealed class WatchedRegistry(IModelRegistry inner) : IModelRegistry, IRegistryChanges
{
    private readonly ConcurrentDictionary<(string Model, int Version), int> _loads = new();

    public event Action<string>? Changed
    {
        add => ((IRegistryChanges)inner).Changed += value;
        remove => ((IRegistryChanges)inner).Changed -= value;
    }

    /// <summary>Loads wait for this before they read.</summary>
    public Task Gate { get; set; } = Task.CompletedTask;

    /// <summary>Completes when a load has come to the gate.</summary>
    public TaskCompletionSource Arrived { get; set; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>What loads fail with; null for none.</summary>
    public Exception? Failure { get; set; }

    /// <summary>Every opening of a file, in order.</summary>
    public ConcurrentQueue<(int Version, WeightStorage Weights)> Opened { get; } = new();

    /// <summary>How often a version's file was opened.</summary>
    public int LoadsOf(int version, string model = TestPlatform.ModelName) => _loads.GetValueOrDefault((model, version));

    public async Task<OnnxFiles> OpenOnnxAsync(ModelManifest manifest, WeightStorage weights, CancellationToken cancellationToken = default)
    {
        Opened.Enqueue((manifest.Version, weights));
        _loads.AddOrUpdate((manifest.Name, manifest.Version), 1, static (_, count) => count + 1);
        Arrived.TrySetResult();
        await Gate.WaitAsync(cancellationToken);
        return Failure is { } failure ? throw failure : await inner.OpenOnnxAsync(manifest, weights, cancellationToken);
    }

    public Task<ModelManifest> PublishAsync(string name, ModelPackage package, CancellationToken cancellationToken = default) => inner.PublishAsync(name, package, cancellationToken);

    public ModelManifest? FindVersion(string name, int version) => inner.FindVersion(name, version);

    public IReadOnlyList<int> ListVersions(string name) => inner.ListVersions(name);

    public IReadOnlyList<string> ListModels() => inner.ListModels();

    public ModelAlias? FindAlias(string name, string alias) => inner.FindAlias(name, alias);

    public Task<ModelAlias> SetAliasAsync(string name, string alias, int version, long expectedRevision, string? reason = null, CancellationToken cancellationToken = default)
        => inner.SetAliasAsync(name, alias, version, expectedRevision, reason, cancellationToken);

    public IReadOnlyList<AliasMove> ListAliasMoves(string name, string alias) => inner.ListAliasMoves(name, alias);

    public Task RemoveAliasAsync(string name, string alias, long expectedRevision, string? reason = null, CancellationToken cancellationToken = default)
        => inner.RemoveAliasAsync(name, alias, expectedRevision, reason, cancellationToken);

    public StoredRoute? FindRoute(string name) => inner.FindRoute(name);

    public IReadOnlyList<StoredRoute> ListRouteChanges(string name) => inner.ListRouteChanges(name);

    public Task<StoredRoute> SetRouteAsync(string name, ModelRoute route, long expectedRevision, string? reason = null, CancellationToken cancellationToken = default)
        => inner.SetRouteAsync(name, route, expectedRevision, reason, cancellationToken);

    public Task RemoveRouteAsync(string name, long expectedRevision, string? reason = null, CancellationToken cancellationToken = default)
        => inner.RemoveRouteAsync(name, expectedRevision, reason, cancellationToken);

    public Task<byte[]> ReadOnnxAsync(ModelManifest manifest, CancellationToken cancellationToken = default) => inner.ReadOnnxAsync(manifest, cancellationToken);

    public Task<byte[]?> ReadReferenceProfileAsync(ModelManifest manifest, CancellationToken cancellationToken = default) => inner.ReadReferenceProfileAsync(manifest, cancellationToken);

    public Task<TrainingSetManifest?> ReadTrainingSetManifestAsync(ModelManifest manifest, CancellationToken cancellationToken = default) => inner.ReadTrainingSetManifestAsync(manifest, cancellationToken);

    public Task<GoldenRows?> ReadGoldenRowsAsync(ModelManifest manifest, CancellationToken cancellationToken = default) => inner.ReadGoldenRowsAsync(manifest, cancellationToken);

    public Task<string> ExportAsync(string name, int version, string path, bool includeGoldenRows = true, bool overwrite = false, CancellationToken cancellationToken = default)
        => inner.ExportAsync(name, version, path, includeGoldenRows, overwrite, cancellationToken);

    public Task<ModelManifest> ImportAsync(string path, string? name = null, CancellationToken cancellationToken = default) => inner.ImportAsync(path, name, cancellationToken);
}
