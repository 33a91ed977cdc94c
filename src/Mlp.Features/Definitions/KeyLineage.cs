using Mlp.Runtime.Data;

namespace Mlp.Features.Definitions;

/// <summary>Which key of one version of a view is which of another: the same where one version took over the rows of the other under another name. Immutable.</summary>
/// <param name="catalog">What the application defines.</param>
/// <param name="views">All versions of all views.</param>
internal sealed class KeyLineage(FeatureCatalog catalog, IEnumerable<FeatureViewDefinition> views)
{
    private readonly Dictionary<(string Name, int Version), FeatureViewDefinition> _views = views.ToDictionary(view => (view.Name, view.Version));

    /// <summary>The values of keys by the names that another version has for them.</summary>
    /// <param name="from">The version whose names are used.</param>
    /// <param name="keys">Names and values of keys.</param>
    /// <param name="to">The other version.</param>
    /// <returns>Null when neither took over the rows of the other or of one before both.</returns>
    internal IReadOnlyDictionary<string, EntityValue>? Translate(FeatureViewDefinition from, IReadOnlyDictionary<string, EntityValue> keys, FeatureViewDefinition to)
    {
        if (from.Name != to.Name)
        {
            return null;
        }

        var names = to.Keys.ToDictionary(key => OriginOf(to, key.Name), key => key.Name);
        var translated = new Dictionary<string, EntityValue>(StringComparer.Ordinal);
        foreach (var (name, value) in keys)
        {
            if (!names.TryGetValue(OriginOf(from, name), out var other))
            {
                return null;
            }

            translated.Add(other, value);
        }

        return translated;
    }

    /// <summary>The first version that had the key, and its name there.</summary>
    private (int Version, string Name) OriginOf(FeatureViewDefinition view, string key)
    {
        while (catalog.Evolutions.TryGetValue((view.Name, view.Version), out var evolution) && _views.TryGetValue((view.Name, evolution.FromVersion), out var earlier))
        {
            (view, key) = (earlier, evolution.SourceOf(key));
        }

        return (view.Version, key);
    }
}
