using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Mlp.Runtime.Accelerators;
using Mlp.Runtime.Data;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Kernels;
using Mlp.Runtime.Predictions;
using Mlp.Runtime.Registry;

namespace Mlp.Runtime.Inference;

/// <summary>The models that the application has declared, as a part of the platform: loaded at start, kept at their aliases, drained at stop. Thread-safe.</summary>
internal sealed class ModelCatalog : IModelCatalog, IPlatformComponent, IDisposable
{
    private readonly ModelLoader _loader;
    private readonly Dictionary<string, (Model Model, ModelRefresher Refresher)> _entries = new(StringComparer.Ordinal);
    private bool _closed;

    /// <summary>Makes the models, without versions.</summary>
    /// <param name="declarations">Their names.</param>
    /// <param name="options">Their settings, by name.</param>
    /// <param name="registry">Where versions and aliases are.</param>
    /// <param name="observers">Who may want to hear of predictions.</param>
    /// <param name="time">The platform's clock.</param>
    /// <param name="loggers">Told of versions that come and go.</param>
    /// <param name="features">Where features are read from; null when the platform has none.</param>
    public ModelCatalog(
        IEnumerable<ModelDeclaration> declarations,
        IOptionsMonitor<ModelOptions> options,
        IModelRegistry registry,
        IEnumerable<IPredictionObserver> observers,
        TimeProvider time,
        ILoggerFactory loggers,
        IFeatureSource? features = null)
        : this(declarations, options, registry, observers, time, loggers, features, new AcceleratorProbe())
    {
    }

    internal ModelCatalog(
        IEnumerable<ModelDeclaration> declarations,
        IOptionsMonitor<ModelOptions> options,
        IModelRegistry registry,
        IEnumerable<IPredictionObserver> observers,
        TimeProvider time,
        ILoggerFactory loggers,
        IFeatureSource? features,
        IAcceleratorProbe probe,
        KernelLoader? kernels = null)
    {
        var clock = new PredictionClock(time);
        var logger = loggers.CreateLogger<ModelCatalog>();
        _loader = new ModelLoader(registry, features, [.. observers], clock, probe, loggers, kernels ?? KernelLoader.Default);
        var unobserved = new ModelLoader(registry, features, [], clock, probe, loggers, kernels ?? KernelLoader.Default);
        foreach (var name in declarations.Select(d => d.Name).Distinct(StringComparer.Ordinal))
        {
            var settings = ModelSettings.From(name, options.Get(name));
            var model = new Model(settings, clock) { LoadVersion = (version, cancellationToken) => unobserved.LoadAsync(settings, version, cancellationToken) };
            _entries.Add(name, (model, new ModelRefresher(model, registry, _loader, time, logger)));
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<IModel> Models => [.. _entries.Values.Select(e => e.Model)];

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

        var declared = _entries.Count == 0 ? "none" : string.Join(", ", _entries.Keys.Select(n => $"'{n}'"));
        throw new ModelNotFoundException(name, name, $"Expected a model that the application has declared by AddModel, but found no '{name}'; declared are: {declared}.");
    }

    /// <inheritdoc/>
    /// <exception cref="AcceleratorUnavailableException">A model asks for an accelerator that is not there.</exception>
    /// <exception cref="MissingNativePackageException">The native library of ONNX Runtime is not there.</exception>
    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        foreach (var (model, _) in _entries.Values)
        {
            _loader.ChooseAccelerator(model.Settings);
        }

        await Task.WhenAll(_entries.Values.Select(e => e.Refresher.StartAsync(cancellationToken))).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async Task CloseAsync(CancellationToken cancellationToken)
    {
        if (!_closed)
        {
            _closed = true;
            await Task.WhenAll(_entries.Values.Select(e => e.Refresher.StopAsync(cancellationToken))).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public HealthCheckResult CheckHealth()
    {
        var problems = _entries.Values.Select(e => e.Refresher.Problem ?? NotReady(e.Model)).OfType<string>().ToList();
        if (problems.Count == 0)
        {
            return HealthCheckResult.Healthy(FormattableString.Invariant($"{_entries.Count} models are in service."));
        }

        // A model that waits for its first version, or goes on with the one before, is no reason to take the application out of service; one that cannot answer is.
        var description = string.Join(" ", problems);
        return _entries.Values.Any(e => e.Refresher.IsOutOfService) ? HealthCheckResult.Unhealthy(description) : HealthCheckResult.Degraded(description);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var (_, refresher) in _entries.Values)
        {
            refresher.Dispose();
        }
    }

    private static string? NotReady(Model model)
        => model.State == ModelState.Ready ? null : $"Expected model '{model.Name}' to be ready, but {model.UnavailableReason}.";
}
