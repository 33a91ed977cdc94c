using System.Collections.Concurrent;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Mlp.Runtime.Accelerators;
using Mlp.Runtime.Data;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Predictions;
using Mlp.Runtime.Registry;
using Mlp.Runtime.Versions;

namespace Mlp.Runtime.Inference;

/// <summary>The models that the application has declared, as a part of the platform: loaded at start or on first call, kept at their aliases, drained at stop. Thread-safe.</summary>
internal sealed class ModelCatalog : IModelCatalog, IPlatformComponent, IDisposable
{
    private readonly IOptionsMonitor<ModelOptions> _options;
    private readonly IModelRegistry _registry;
    private readonly ModelLoader _loader;
    private readonly VersionActivator _activator;
    private readonly PredictionClock _clock;
    private readonly ILogger _logger;
    private readonly LoadedLimit _limit;
    private readonly string[] _names;
    private readonly ModelPatternDeclaration[] _patterns;
    private readonly Lock _gate = new();
    private readonly ConcurrentDictionary<string, CatalogEntry> _entries = new(StringComparer.Ordinal);
    private bool _closed;
    private bool _isInUse;
    private bool _isDisposed;

    /// <summary>Makes the models, without versions.</summary>
    /// <param name="declarations">Their names.</param>
    /// <param name="patterns">Patterns of names.</param>
    /// <param name="options">Their settings, by name.</param>
    /// <param name="platform">The platform's settings.</param>
    /// <param name="registry">Where versions and aliases are.</param>
    /// <param name="observers">Who may want to hear of predictions.</param>
    /// <param name="time">The platform's clock.</param>
    /// <param name="loggers">Told of versions that come and go.</param>
    /// <param name="features">Where features are read from; null when the platform has none.</param>
    public ModelCatalog(
        IEnumerable<ModelDeclaration> declarations,
        IEnumerable<ModelPatternDeclaration> patterns,
        IOptionsMonitor<ModelOptions> options,
        IOptions<MlPlatformOptions> platform,
        IModelRegistry registry,
        IEnumerable<IPredictionObserver> observers,
        TimeProvider time,
        ILoggerFactory loggers,
        IFeatureSource? features = null)
    {
        _options = options;
        _registry = registry;
        _clock = new PredictionClock(time);
        _logger = loggers.CreateLogger<ModelCatalog>();
        _loader = new ModelLoader(registry, features, new AcceleratorProbe(), time);
        _activator = new VersionActivator([.. observers], _clock, _logger);
        _limit = new LoadedLimit(platform.Value.MaximumLoadedModels);
        _patterns = [.. patterns];
        _names = [.. declarations.Select(d => d.Name).Distinct(StringComparer.Ordinal)];
        foreach (var name in _names)
        {
            _entries[name] = CreateEntry(name, name);
        }

        if (registry is IRegistryChanges changes)
        {
            changes.Changed += Wake;
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<IModel> Models => [.. _names.Select(n => _entries[n].Model), .. _entries.Values.Select(e => e.Model).Where(m => !_names.Contains(m.Name)).OrderBy(m => m.Name, StringComparer.Ordinal)];

    /// <inheritdoc/>
    public string Name => "models";

    /// <inheritdoc/>
    public PlatformStage Stage => PlatformStage.Models;

    /// <inheritdoc/>
    public IModel GetModel(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (_entries.TryGetValue(name, out var entry))
        {
            return entry.Model;
        }

        if (Array.Find(_patterns, p => p.Matches(name)) is { } pattern && PlatformName.IsValid(name))
        {
            return _registry.ListVersions(name).Count > 0
                ? FindOrCreate(name, pattern.Pattern).Model
                : throw new ModelNotFoundException(name, name, $"Expected model '{name}', which matches '{pattern.Pattern}', in the registry, but found no version of it.");
        }

        string[] declared = [.. _names, .. _patterns.Select(p => p.Pattern)];
        var list = declared.Length == 0 ? "none" : string.Join(", ", declared.Select(n => $"'{n}'"));
        throw new ModelNotFoundException(name, name, $"Expected a model that the application has declared by AddModel, but found no '{name}'; declared are: {list}.");
    }

    /// <inheritdoc/>
    /// <exception cref="AcceleratorUnavailableException">A model asks for an accelerator that is not there.</exception>
    /// <exception cref="MissingNativePackageException">The native library of ONNX Runtime is not there.</exception>
    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            _isInUse = true;
        }

        foreach (var pattern in _patterns)
        {
            _loader.ChooseAccelerator(ModelSettings.From(pattern.Pattern, _options.Get(pattern.Pattern)));
        }

        foreach (var entry in _entries.Values)
        {
            _loader.ChooseAccelerator(entry.Model.Settings);
        }

        await Task.WhenAll(_entries.Values.Select(e => e.StartAsync(cancellationToken))).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async Task CloseAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (_closed)
            {
                return;
            }

            _closed = true;
        }

        try
        {
            await Task.WhenAll(_entries.Values.Select(e => e.StopAsync(cancellationToken))).ConfigureAwait(false);
        }
        finally
        {
            EndUse();
        }
    }

    /// <inheritdoc/>
    public HealthCheckResult CheckHealth()
    {
        var entries = _entries.Values.ToList();
        var problems = entries.Select(e => e.Problem).OfType<string>().Concat(entries.SelectMany(e => e.RouteProblems)).ToList();
        if (problems.Count == 0)
        {
            var unloaded = entries.Count(e => e.Model.State == ModelState.Unloaded);
            var inService = entries.Count - unloaded;
            var rest = unloaded == 0 ? string.Empty : FormattableString.Invariant($" {unloaded} more {(unloaded == 1 ? "is" : "are")} loaded when {(unloaded == 1 ? "it is" : "they are")} called.");
            return HealthCheckResult.Healthy(FormattableString.Invariant($"{inService} {(inService == 1 ? "model is" : "models are")} in service.{rest}"));
        }

        // A model that waits for its first version, or goes on with the one before, is no reason to take the application out of service; one that cannot answer is.
        var description = string.Join(" ", problems);
        return entries.Exists(e => e.IsOutOfService) ? HealthCheckResult.Unhealthy(description) : HealthCheckResult.Degraded(description);
    }

    /// <summary>Frees what the models hold, after they have been closed: a container disposes of its parts in an order of its own, and may come before the platform closes them.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _isDisposed = true;
            if (_isInUse)
            {
                return;
            }
        }

        Free();
    }

    private void EndUse()
    {
        lock (_gate)
        {
            _isInUse = false;
            if (!_isDisposed)
            {
                return;
            }
        }

        Free();
    }

    private void Free()
    {
        if (_registry is IRegistryChanges changes)
        {
            changes.Changed -= Wake;
        }

        foreach (var entry in _entries.Values)
        {
            entry.Dispose();
        }
    }

    private void Wake(string name)
    {
        if (_entries.TryGetValue(name, out var entry))
        {
            entry.Wake();
        }
    }

    private CatalogEntry FindOrCreate(string name, string pattern)
    {
        lock (_gate)
        {
            if (_closed)
            {
                throw new ModelNotReadyException(name, "the platform has been closed");
            }

            return _entries.GetOrAdd(name, n => CreateEntry(n, pattern));
        }
    }

    private CatalogEntry CreateEntry(string name, string options)
        => new(ModelSettings.From(name, _options.Get(options), options), _registry, _loader, _activator, _limit, _clock, _logger);
}
