namespace Mlp.Features.Definitions;

/// <summary>All definitions of an application. Immutable and thread-safe. Made by a <see cref="Hosting.FeaturesBuilder"/>.</summary>
public sealed class FeatureCatalog
{
    internal FeatureCatalog(
        IReadOnlyList<FeatureViewDefinition> views, IReadOnlyList<OnDemandFeatureViewDefinition> onDemandViews, IReadOnlyList<FeatureServiceDefinition> services)
    {
        Views = views;
        OnDemandViews = onDemandViews;
        Services = services;
    }

    /// <summary>The stored views, every version.</summary>
    public IReadOnlyList<FeatureViewDefinition> Views { get; }

    /// <summary>The on-demand views, every version.</summary>
    public IReadOnlyList<OnDemandFeatureViewDefinition> OnDemandViews { get; }

    /// <summary>The feature services, every version.</summary>
    public IReadOnlyList<FeatureServiceDefinition> Services { get; }

    /// <summary>How versions of views take over the rows of earlier ones, by name and version.</summary>
    internal IReadOnlyDictionary<(string Name, int Version), FeatureViewEvolution> Evolutions { get; init; } = new Dictionary<(string Name, int Version), FeatureViewEvolution>();

    /// <summary>Finds a stored view.</summary>
    /// <param name="name">View name.</param>
    /// <param name="version">Version, or null for the highest one.</param>
    /// <returns>The view, or null.</returns>
    public FeatureViewDefinition? FindView(string name, int? version = null)
        => Views.Where(v => v.Name == name && (version is null || v.Version == version)).MaxBy(v => v.Version);

    /// <summary>Finds a feature service.</summary>
    /// <param name="name">Service name.</param>
    /// <param name="version">Version, or null for the highest one.</param>
    /// <returns>The service, or null.</returns>
    public FeatureServiceDefinition? FindService(string name, int? version = null)
        => Services.Where(s => s.Name == name && (version is null || s.Version == version)).MaxBy(s => s.Version);

    /// <summary>The stored view of a name, or a sentence.</summary>
    internal FeatureViewDefinition GetView(string name, int? version)
        => FindView(name, version) ?? throw new FeatureDefinitionException(name, NotFound("feature view", name, version, Views.Select(v => (v.Name, v.Version))));

    /// <summary>The service of a name, or a sentence.</summary>
    internal FeatureServiceDefinition GetService(string name, int? version)
        => FindService(name, version) ?? throw new FeatureDefinitionException(name, NotFound("feature service", name, version, Services.Select(s => (s.Name, s.Version))));

    private static string NotFound(string kind, string name, int? version, IEnumerable<(string Name, int Version)> known)
    {
        var asked = version is null ? $"'{name}'" : $"'{name}' version {version}";
        var entries = known.Select(k => $"'{k.Name}' version {k.Version}").ToList();
        return $"Expected a {kind} {asked}, but {(entries.Count == 0 ? "none" : $"only {string.Join(", ", entries)}")} {(entries.Count > 1 ? "are" : "is")} defined.";
    }
}
