using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Mlp.Runtime.Predictions;
using Mlp.Runtime.Registry;
using Mlp.Runtime.Routing;
using Mlp.Runtime.Scoring;
using Mlp.Runtime.Versions;

namespace Mlp.Runtime.Inference;

/// <summary>One model of the catalog: its versions in memory, and what keeps it at the version that it shall serve. Thread-safe.</summary>
internal sealed class CatalogEntry : IDisposable
{
    private readonly IModelRegistry _registry;
    private readonly PredictionClock _clock;
    private readonly ILogger _logger;
    private readonly LoadedLimit _platformLimit;
    private readonly LoadedLimit _versionLimit;
    private readonly VersionHost _host;
    private readonly FileScorings _files;
    private readonly VersionFollower? _follower;
    private readonly FollowingLoader? _loader;
    private readonly RouteFollower? _router;
    private volatile string? _ignoredRoute;
    private readonly ConcurrentDictionary<int, Lazy<(Model Model, OnDemandTarget Demand)>> _views = new();

    /// <summary>Makes the model, without a version.</summary>
    /// <param name="settings">Its settings.</param>
    /// <param name="registry">Where versions and aliases are.</param>
    /// <param name="loader">Loads versions.</param>
    /// <param name="activator">Puts them into roles.</param>
    /// <param name="limit">Where what is loaded on demand needs a place.</param>
    /// <param name="clock">The clock of calls.</param>
    /// <param name="logger">Told of versions that come and go.</param>
    public CatalogEntry(
        ModelSettings settings, IModelRegistry registry, ModelLoader loader, VersionActivator activator, LoadedLimit limit, PredictionClock clock, ILogger logger)
    {
        _registry = registry;
        _clock = clock;
        _logger = logger;
        _platformLimit = limit;

        // One place is the version's in service.
        _versionLimit = new LoadedLimit(Math.Max(1, settings.MaximumLoadedVersions - 1));
        _files = new FileScorings(settings.Name);
        _host = new VersionHost(settings, loader, activator, clock.Time, logger);
        var target = new ServingTarget(settings.Name, settings.Selector);
        OnDemandTarget? demand = null;
        if (settings.Loading == ModelLoading.OnFirstCall)
        {
            _host.KeepIdle(false);
            _loader = new FollowingLoader(target, _host, () => Follow(target, settings));
            demand = new OnDemandTarget(target, _loader, [limit], clock);
        }
        else
        {
            _follower = Follow(target, settings);
        }

        Model = CreateModel(settings, target, demand);
        if (demand is null)
        {
            Model.Router = _router = new RouteFollower(Model, _host, registry, clock, logger);
        }
    }

    /// <summary>The model.</summary>
    public Model Model { get; }

    /// <summary>What stands in the way of serving what is wanted, as a sentence; null when nothing does.</summary>
    public string? Problem => _loader is not null ? _loader.Problem : _follower!.Problem ?? NotReady;

    /// <summary>What stands in the way of the model's route, as sentences. Its calls are answered all the same.</summary>
    public IReadOnlyList<string> RouteProblems => _router?.Problems ?? (_ignoredRoute is { } ignored ? [ignored] : []);

    /// <summary>Whether there is a version to serve, but nothing answers because it cannot be loaded. A model that is loaded on demand concerns its own callers only.</summary>
    public bool IsOutOfService => _follower?.IsOutOfService == true;

    private string? NotReady => Model.State == ModelState.Ready ? null : $"Expected model '{Model.Name}' to be ready, but {Model.UnavailableReason}.";

    /// <summary>Loads a model that is to be loaded at start, and begins to follow.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    public Task StartAsync(CancellationToken cancellationToken)
        => _follower is null ? Task.Run(LookForRoute, cancellationToken) : Task.WhenAll(_router!.StartAsync(cancellationToken), _follower.StartAsync(cancellationToken));

    /// <summary>Asks the registry now: something of the model has changed there.</summary>
    public void Wake()
    {
        _host.ForgetFailures();
        LookForRoute();
        _follower?.Wake();
        _loader?.Wake();
        _router?.Wake();
    }

    /// <summary>Takes the model out of service and waits for its calls.</summary>
    /// <param name="cancellationToken">Gives up waiting for calls.</param>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _files.CloseAsync(cancellationToken).ConfigureAwait(false);
            var stopping = _follower?.StopAsync(cancellationToken) ?? Model.Demand!.CloseAsync(cancellationToken);
            await Task.WhenAll([stopping, _router?.StopAsync(cancellationToken) ?? Task.CompletedTask, .. _views.Values.Select(v => v.Value.Demand.CloseAsync(cancellationToken))]).ConfigureAwait(false);
        }
        finally
        {
            await _host.CloseAsync().ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _router?.Dispose();
        _follower?.Dispose();
        _loader?.Dispose();
        Model.Demand?.Dispose();
        foreach (var view in _views.Values)
        {
            view.Value.Demand.Dispose();
        }

        _host.Dispose();
        _files.Dispose();
    }

    private VersionFollower Follow(ServingTarget target, ModelSettings settings)
        => new(target, _host, _registry, settings, _clock.Time, _logger) { Looking = settings.Loading == ModelLoading.OnFirstCall ? LookForRoute : null };

    /// <summary>A model that is loaded on first call has its champion alone; a route of the registry that wants something else is said to have no effect.</summary>
    private void LookForRoute()
    {
        if (_router is not null)
        {
            return;
        }

        try
        {
            _ignoredRoute = _registry.FindRoute(Model.Name) is { Route: { } route } stored && route.Variants.Count + route.Shadows.Count > 0
                ? FormattableString.Invariant(
                    $"Expected no route of model '{Model.Name}', which is loaded on first call, but found revision {stored.Revision} in the registry; its champion answers all calls.")
                : null;
        }
        catch (Exception e) when (e is MlPlatformException or IOException or UnauthorizedAccessException)
        {
            _ignoredRoute = $"Expected to look for a route of model '{Model.Name}', but: {e.Message}";
        }
    }

    private Model CreateModel(ModelSettings settings, ServingTarget target, OnDemandTarget? demand) => new(settings, target, _clock)
    {
        OpenVersion = (version, cancellationToken) => _host.OpenAsync(version, variant: null, cancellationToken),
        ViewOf = ViewOf,
        Files = _files,
        Demand = demand,
    };

    private Model ViewOf(int version)
    {
        if (!_views.TryGetValue(version, out var view))
        {
            // Only what there is gets a place in memory.
            if (_registry.FindVersion(Model.Name, version) is null)
            {
                throw ModelNotFoundException.ForVersion(Model.Name, version);
            }

            view = _views.GetOrAdd(version, v => new Lazy<(Model, OnDemandTarget)>(() => CreateView(v)));
        }

        return view.Value.Model;
    }

    private (Model Model, OnDemandTarget Demand) CreateView(int version)
    {
        var settings = Model.Settings with { Alias = null, Version = version };
        var target = new ServingTarget(settings.Name, settings.Selector);
        var demand = new OnDemandTarget(target, new FixedVersionLoader(target, version, _host), [_versionLimit, _platformLimit], _clock);
        return (CreateModel(settings, target, demand), demand);
    }
}
