using System.Globalization;
using Mlp.Features.Definitions;
using Mlp.Features.Skew;

namespace Mlp.Features.Hosting;

/// <summary>Collects the views, on-demand views and services of an application. Not thread-safe.</summary>
public sealed class FeaturesBuilder
{
    private readonly List<FeatureViewDefinition> _views = [];
    private readonly List<OnDemandFeatureViewDefinition> _onDemandViews = [];
    private readonly List<FeatureServiceBuilder> _services = [];
    private readonly Dictionary<(string Name, int Version), FeatureViewEvolution> _evolutions = [];
    private readonly Dictionary<Type, string> _records = [];
    private readonly Dictionary<string, string> _kinds = new(StringComparer.Ordinal);
    private readonly HashSet<(string Name, int Version)> _versions = [];

    /// <summary>How served rows are sampled; null when they are not.</summary>
    internal SkewCheckOptions? SkewCheck { get; private set; }

    /// <summary>Adds the view that a record defines by its attributes.</summary>
    /// <typeparam name="TView">A record with <see cref="FeatureViewAttribute"/>.</typeparam>
    /// <returns>This builder.</returns>
    /// <exception cref="FeatureDefinitionException">The attributes do not make a view, or its name and version are taken.</exception>
    public FeaturesBuilder Add<TView>()
    {
        var view = FeatureViewDefinition.FromRecord<TView>();
        Add(view);
        _records[typeof(TView)] = string.Create(CultureInfo.InvariantCulture, $"{view.Name}@{view.Version}");
        return this;
    }

    /// <summary>Adds a view.</summary>
    /// <param name="view">The definition.</param>
    /// <returns>This builder.</returns>
    /// <exception cref="FeatureDefinitionException">Its name and version are taken.</exception>
    public FeaturesBuilder Add(FeatureViewDefinition view)
    {
        ArgumentNullException.ThrowIfNull(view);
        Claim("feature view", view.Name, view.Version);
        _views.Add(view);
        return this;
    }

    /// <summary>Adds the view that a record defines by its attributes, as a version that takes over the rows of an earlier one.</summary>
    /// <typeparam name="TView">A record with <see cref="FeatureViewAttribute"/>.</typeparam>
    /// <param name="evolve">Names the earlier version and what was renamed.</param>
    /// <returns>This builder.</returns>
    /// <exception cref="FeatureDefinitionException">The attributes do not make a view, its name and version are taken, or it cannot take over the rows as they are.</exception>
    public FeaturesBuilder Add<TView>(Action<FeatureViewEvolution> evolve)
    {
        Add<TView>();
        return Evolve(_views[^1], evolve);
    }

    /// <summary>Adds a view as a version that takes over the rows of an earlier one.</summary>
    /// <param name="view">The definition.</param>
    /// <param name="evolve">Names the earlier version and what was renamed.</param>
    /// <returns>This builder.</returns>
    /// <exception cref="FeatureDefinitionException">Its name and version are taken, or it cannot take over the rows as they are.</exception>
    public FeaturesBuilder Add(FeatureViewDefinition view, Action<FeatureViewEvolution> evolve)
    {
        Add(view);
        return Evolve(view, evolve);
    }

    /// <summary>Adds features that are computed from a request.</summary>
    /// <typeparam name="TRequest">The request record.</typeparam>
    /// <typeparam name="TFeatures">The record of computed features.</typeparam>
    /// <param name="transform">Computes the features; it depends on nothing but the request.</param>
    /// <param name="name">Name of the view; null for the name of <typeparamref name="TFeatures"/> in snake_case.</param>
    /// <param name="version">Version, from 1; raise it when <paramref name="transform"/> computes something else.</param>
    /// <param name="description">What the view is about.</param>
    /// <returns>This builder.</returns>
    /// <exception cref="FeatureDefinitionException">A property has no feature type, or name and version are taken.</exception>
    public FeaturesBuilder AddOnDemand<TRequest, TFeatures>(Func<TRequest, TFeatures> transform, string? name = null, int version = 1, string description = "")
        => AddOnDemand(new OnDemandFeatureViewDefinition<TRequest, TFeatures>(transform, name, version, description));

    /// <summary>Adds features that are computed from a request and from stored features of the service.</summary>
    /// <typeparam name="TRequest">The request record.</typeparam>
    /// <typeparam name="TInputs">The record of stored features, called like the columns of the service; each may be null.</typeparam>
    /// <typeparam name="TFeatures">The record of computed features.</typeparam>
    /// <param name="transform">Computes the features; it depends on nothing but the request and the stored features.</param>
    /// <param name="name">Name of the view; null for the name of <typeparamref name="TFeatures"/> in snake_case.</param>
    /// <param name="version">Version, from 1; raise it when <paramref name="transform"/> computes something else.</param>
    /// <param name="description">What the view is about.</param>
    /// <returns>This builder.</returns>
    /// <exception cref="FeatureDefinitionException">A property has no feature type, one of <typeparamref name="TInputs"/> may not be null, or name and version are taken.</exception>
    public FeaturesBuilder AddOnDemand<TRequest, TInputs, TFeatures>(Func<TRequest, TInputs, TFeatures> transform, string? name = null, int version = 1, string description = "")
        => AddOnDemand(new OnDemandFeatureViewDefinition<TRequest, TInputs, TFeatures>(transform, name, version, description));

    /// <summary>Adds a feature service.</summary>
    /// <param name="name">Name of the service: lower-case letters, digits, <c>_</c> and <c>-</c>.</param>
    /// <param name="version">Version, from 1.</param>
    /// <param name="configure">Chooses views and features.</param>
    /// <returns>This builder.</returns>
    /// <exception cref="FeatureDefinitionException">The name is not allowed, or name and version are taken.</exception>
    public FeaturesBuilder AddService(string name, int version, Action<FeatureServiceBuilder> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        var service = new FeatureServiceBuilder(name, version);
        Claim("feature service", name, version);
        configure(service);
        _services.Add(service);
        return this;
    }

    /// <summary>Samples the rows that models are served by feature services, so that <see cref="FeatureStore.CheckSkewAsync"/> can recompute them from the offline store. Calling it again replaces the settings.</summary>
    /// <param name="configure">Sets how much is kept; null for the defaults.</param>
    /// <returns>This builder.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A setting is out of its range.</exception>
    public FeaturesBuilder CheckSkew(Action<SkewCheckOptions>? configure = null)
    {
        var options = new SkewCheckOptions();
        configure?.Invoke(options);
        options.Check();
        SkewCheck = options;
        return this;
    }

    /// <summary>Resolves the services and makes the catalog.</summary>
    /// <returns>The catalog.</returns>
    /// <exception cref="FeatureDefinitionException">A service names an unknown view or feature, or two features of one name.</exception>
    public FeatureCatalog Build()
    {
        foreach (var ((name, version), evolution) in _evolutions)
        {
            if (_views.Find(view => view.Name == name && view.Version == evolution.FromVersion) is { } from)
            {
                evolution.Map(from, _views.Find(view => view.Name == name && view.Version == version)!);
            }
        }

        return new([.. _views], [.. _onDemandViews], [.. _services.Select(s => s.Build(_views, _onDemandViews, _records))]) { Evolutions = new Dictionary<(string Name, int Version), FeatureViewEvolution>(_evolutions) };
    }

    private FeaturesBuilder AddOnDemand(OnDemandFeatureViewDefinition view)
    {
        Claim("on-demand feature view", view.Name, view.Version);
        _onDemandViews.Add(view);
        return this;
    }

    private FeaturesBuilder Evolve(FeatureViewDefinition view, Action<FeatureViewEvolution> evolve)
    {
        ArgumentNullException.ThrowIfNull(evolve);
        var evolution = new FeatureViewEvolution();
        evolve(evolution);
        _evolutions[(view.Name, view.Version)] = evolution.FromVersion >= 1 && evolution.FromVersion < view.Version
            ? evolution
            : throw new FeatureDefinitionException(view.Name, $"Expected {view} to evolve from an earlier version, but found {(evolution.FromVersion == 0 ? "none" : $"version {evolution.FromVersion}")}.");
        return this;
    }

    private void Claim(string kind, string name, int version)
    {
        // Views and services share the folder of definitions, so one name means one thing.
        if (_kinds.TryGetValue(name, out var other) && other != kind)
        {
            throw new FeatureDefinitionException(name, $"Expected '{name}' to name one kind of definition, but it is a {other} and a {kind}.");
        }

        if (!_versions.Add((name, version)))
        {
            throw new FeatureDefinitionException(name, $"Expected every {kind} once per version, but '{name}' version {version} is added twice.");
        }

        _kinds[name] = kind;
    }
}
