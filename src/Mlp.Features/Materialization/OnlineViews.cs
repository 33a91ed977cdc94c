using System.Collections.Concurrent;
using Mlp.Features.Definitions;
using Mlp.Features.Online;
using Mlp.Runtime;

namespace Mlp.Features.Materialization;

/// <summary>Definitions as the online store knows them. Thread-safe.</summary>
/// <param name="registry">Gives the numbers.</param>
/// <param name="catalog">The application's definitions.</param>
/// <param name="definitions">The definitions that the data directory was used with before.</param>
internal sealed class OnlineViews(OnlineViewRegistry registry, FeatureCatalog catalog, DefinitionStore definitions)
{
    private readonly ConcurrentDictionary<uint, (FeatureViewDefinition Definition, OnlineView View)> _views = new();

    /// <summary>A view by its definition; it gets a number if it has none.</summary>
    /// <param name="definition">The definition.</param>
    internal OnlineView Get(FeatureViewDefinition definition)
    {
        var id = registry.GetOrAdd(definition.Name, definition.Version, definition.Fingerprint);
        return _views.GetOrAdd(id, static (number, view) => (view, Create(number, view)), definition).View;
    }

    /// <summary>A view by its number, which may have been given by an earlier version of the application.</summary>
    /// <param name="id">The number.</param>
    /// <exception cref="CorruptFileException">The number was never given, or the definition behind it is gone.</exception>
    internal (FeatureViewDefinition Definition, OnlineView View) Get(uint id) => _views.GetOrAdd(id, Find);

    private static OnlineView Create(uint id, FeatureViewDefinition view)
        => new(id, view.Name, view.Version, view.Fingerprint, view.Keys, [.. view.Fields.Select(field => new OnlineField(field.Name, field.Type))], view.TimeToLiveMicroseconds);

    private (FeatureViewDefinition Definition, OnlineView View) Find(uint id)
    {
        if (registry.Find(id) is not { } entry)
        {
            throw new CorruptFileException(registry.Path, $"Expected '{registry.Path}' to name the view with number {id}, which rows of the online store have, but it does not.");
        }

        var definition = catalog.FindView(entry.Name, entry.Version) ?? definitions.FindView(entry.Name, entry.Version);
        return definition is not null && definition.Fingerprint == entry.Fingerprint
            ? (definition, Create(id, definition))
            : throw new CorruptFileException(
                registry.Path,
                $"Expected the definition of feature view '{entry.Name}' version {entry.Version} with fingerprint {entry.Fingerprint[..8]}, which pushed rows have, but found {(definition is null ? "none" : definition.Fingerprint[..8])}.");
    }
}
