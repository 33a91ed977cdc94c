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
    // By name and version, because a view keeps its place here when it is cleared and gets another number.
    private readonly ConcurrentDictionary<(string Name, int Version), OnlineView> _views = new();
    private readonly ConcurrentDictionary<uint, FeatureViewDefinition> _definitions = new();

    /// <summary>A view by its definition; it gets a number if it has none.</summary>
    /// <param name="definition">The definition.</param>
    internal OnlineView Get(FeatureViewDefinition definition)
        => _views.GetOrAdd(
            (definition.Name, definition.Version),
            static (_, state) => Create(state.registry.GetOrAdd(state.definition.Name, state.definition.Version, state.definition.Fingerprint), state.definition),
            (registry, definition));

    /// <summary>A view by its number, which may have been given by an earlier version of the application.</summary>
    /// <param name="id">The number.</param>
    /// <exception cref="CorruptFileException">The number was never given, or the definition behind it is gone.</exception>
    internal (FeatureViewDefinition Definition, OnlineView View) Get(uint id)
    {
        var definition = _definitions.GetOrAdd(id, Find);
        return (definition, Get(definition));
    }

    private static OnlineView Create(uint id, FeatureViewDefinition view)
        => new(id, view.Name, view.Version, view.Fingerprint, view.Keys, [.. view.Fields.Select(field => new OnlineField(field.Name, field.Type, field.Length))], view.TimeToLiveMicroseconds);

    private FeatureViewDefinition Find(uint id)
    {
        if (registry.Find(id) is not { } entry)
        {
            throw new CorruptFileException(registry.Path, $"Expected '{registry.Path}' to name the view with number {id}, which rows of the online store have, but it does not.");
        }

        var definition = catalog.FindView(entry.Name, entry.Version) ?? definitions.FindView(entry.Name, entry.Version);
        return definition is not null && definition.Fingerprint == entry.Fingerprint
            ? definition
            : throw new CorruptFileException(
                registry.Path,
                $"Expected the definition of feature view '{entry.Name}' version {entry.Version} with fingerprint {entry.Fingerprint[..8]}, which pushed rows have, but found {(definition is null ? "none" : definition.Fingerprint[..8])}.");
    }
}
