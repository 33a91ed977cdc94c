using System.Globalization;
using Mlp.Runtime.Data;

namespace Mlp.Features.Definitions;

/// <summary>Chooses the views and features of a service. Not thread-safe.</summary>
public sealed class FeatureServiceBuilder
{
    private readonly List<Entry> _entries = [];
    private string _description = string.Empty;

    internal FeatureServiceBuilder(string name, int version)
    {
        DefinitionNames.CheckDefinition("feature service", name, version);
        Name = name;
        Version = version;
    }

    internal string Name { get; }

    internal int Version { get; }

    /// <summary>Takes features from the view that a record defines, or from the on-demand view that computes it.</summary>
    /// <typeparam name="TView">A record that was added as a view, or the feature record of an on-demand view that was added.</typeparam>
    /// <param name="fields">Names of the features to take, in order; none means all.</param>
    /// <returns>This builder.</returns>
    public FeatureServiceBuilder From<TView>(params string[] fields)
    {
        _entries.Add(new Entry(typeof(TView), null, 0, fields));
        return this;
    }

    /// <summary>Takes features from a view by name.</summary>
    /// <param name="view">Name of a view or an on-demand view.</param>
    /// <param name="version">Its version.</param>
    /// <param name="fields">Names of the features to take, in order; none means all.</param>
    /// <returns>This builder.</returns>
    public FeatureServiceBuilder From(string view, int version, params string[] fields)
    {
        _entries.Add(new Entry(null, view, version, fields));
        return this;
    }

    /// <summary>Gives the features of the view named last a prefix, so that two views may have features of one name.</summary>
    /// <param name="prefix">The columns are called <c>prefix_feature</c>.</param>
    /// <returns>This builder.</returns>
    /// <exception cref="InvalidOperationException">No view has been named yet.</exception>
    public FeatureServiceBuilder As(string prefix)
    {
        if (_entries.Count == 0)
        {
            throw new InvalidOperationException($"Expected From before As in the feature service '{Name}', but found none.");
        }

        _entries[^1] = _entries[^1] with { Prefix = prefix };
        return this;
    }

    /// <summary>
    /// Gives the keys of the view named last names of their own in this service, so that one view may be taken more than once: the statistics of an area, by the area of departure and by that of arrival.
    /// The view is called by its prefix (<see cref="As"/>) then: in the statuses and event times of training sets, in <see cref="FeatureColumn.View"/> and in the prediction log.
    /// </summary>
    /// <param name="keys">Per key of the view that is renamed: its name in the view, its name in the service.</param>
    /// <returns>This builder.</returns>
    /// <exception cref="InvalidOperationException">No view has been named yet.</exception>
    /// <example><c>s.From&lt;AreaStats&gt;().As("pickup").WithKeys(("area", "pickup_area")).From&lt;AreaStats&gt;().As("dropoff").WithKeys(("area", "dropoff_area"))</c></example>
    public FeatureServiceBuilder WithKeys(params (string ViewKey, string ServiceKey)[] keys)
    {
        ArgumentNullException.ThrowIfNull(keys);
        if (_entries.Count == 0)
        {
            throw new InvalidOperationException($"Expected From before WithKeys in the feature service '{Name}', but found none.");
        }

        _entries[^1] = _entries[^1] with { Keys = [.. keys] };
        return this;
    }

    /// <summary>Says what the service is for.</summary>
    /// <param name="description">A sentence.</param>
    /// <returns>This builder.</returns>
    public FeatureServiceBuilder Description(string description)
    {
        _description = description;
        return this;
    }

    internal FeatureServiceDefinition Build(IReadOnlyList<FeatureViewDefinition> views, IReadOnlyList<OnDemandFeatureViewDefinition> onDemand, IReadOnlyDictionary<Type, string> records)
    {
        if (_entries.Count == 0)
        {
            throw Wrong("Expected the feature service '{0}' to take features from a view, but it names none.");
        }

        var found = _entries.ConvertAll(entry => Find(entry, views, onDemand, records));
        var renamed = _entries.Zip(found, (entry, pair) => KeysOf(entry, pair.View, pair.OnDemand)).ToList();
        var names = _entries.Zip(found, (entry, pair) => entry.Keys is null ? pair.View?.Name ?? pair.OnDemand!.Name : entry.Prefix!).ToList();
        var keys = CollectKeys(names.Zip(renamed));
        var columns = new List<FeatureColumn>();
        var resolved = new List<FeatureServiceView>();
        for (var i = 0; i < found.Count; i++)
        {
            var (entry, (view, computed), name) = (_entries[i], found[i], names[i]);
            if (resolved.Exists(r => string.Equals(r.Name, name, StringComparison.OrdinalIgnoreCase)))
            {
                throw Wrong($"Expected every view once in the feature service '{{0}}', but '{name}' is named twice. Name all of its features in one From; where they belong to other entities, each From has .As(prefix).WithKeys((key, name)).");
            }

            var fields = SelectFields(entry, name, view?.Fields ?? computed!.Fields, columns);
            int[] keyIndexes = [.. renamed[i].Select(key => keys.FindIndex(k => k.Name == key.Name))];
            resolved.Add(new FeatureServiceView(view, computed, keyIndexes, fields, resolved.Count) { Alias = entry.Keys is null ? null : name });
        }

        CheckSpine(keys, columns, resolved);
        return new FeatureServiceDefinition(Name, Version, keys, new FeatureRowLayout(columns), [.. resolved.Select(view => WithInputs(view, columns, resolved))], _description);
    }

    /// <summary>Finds the stored features that an on-demand view computes from among the columns.</summary>
    private FeatureServiceView WithInputs(FeatureServiceView view, List<FeatureColumn> columns, List<FeatureServiceView> views)
    {
        var stored = views.Where(v => v.View is not null).Select(v => v.Name).ToHashSet(StringComparer.Ordinal);
        var inputs = (view.OnDemand?.InputFields ?? []).Select(field =>
        {
            var index = columns.FindIndex(column => column.Name == field.Name && stored.Contains(column.View));
            var found = index < 0 ? "none" : columns[index].IsVector ? string.Create(CultureInfo.InvariantCulture, $"{columns[index].Type}[{columns[index].Length}]") : columns[index].Type.ToString();
            return index >= 0 && columns[index].Type == field.Type && columns[index].Length == field.Length
                ? index
                : throw Wrong($"Expected the feature service '{{0}}' to take a stored feature '{field.Name}' of type {field.TypeName}, from which its on-demand view '{view.Name}' computes, but found {found}.");
        }).ToList();
        return inputs.Count == 0 ? view : new FeatureServiceView(null, view.OnDemand, view.KeyIndexes, view.Columns, view.ViewIndex) { InputColumns = inputs };
    }

    private (FeatureViewDefinition? View, OnDemandFeatureViewDefinition? OnDemand) Find(
        Entry entry, IReadOnlyList<FeatureViewDefinition> views, IReadOnlyList<OnDemandFeatureViewDefinition> onDemand, IReadOnlyDictionary<Type, string> records)
    {
        var (name, version) = (entry.Name, entry.Version);
        if (entry.Record is { } record)
        {
            if (onDemand.Where(o => o.FeaturesType == record).MaxBy(o => o.Version) is { } computed)
            {
                return (null, computed);
            }

            if (!records.TryGetValue(record, out var qualified))
            {
                throw Wrong($"Expected the view of the record '{record.Name}' to be added before the feature service '{{0}}' is made, but it was not.");
            }

            var split = qualified.IndexOf('@', StringComparison.Ordinal);
            (name, version) = (qualified[..split], int.Parse(qualified.AsSpan(split + 1), CultureInfo.InvariantCulture));
        }

        var view = views.FirstOrDefault(v => v.Name == name && v.Version == version);
        var byName = onDemand.FirstOrDefault(v => v.Name == name && v.Version == version);
        if (view is null && byName is null)
        {
            var known = views.Select(v => $"'{v.Name}' version {v.Version}").Concat(onDemand.Select(v => $"'{v.Name}' version {v.Version}"));
            throw Wrong($"Expected the feature service '{{0}}' to name known views, but '{name}' version {version} is not among {string.Join(", ", known)}.");
        }

        return (view, byName);
    }

    private List<FeatureServiceColumn> SelectFields(Entry entry, string view, IReadOnlyList<FeatureField> fields, List<FeatureColumn> columns)
    {
        var selected = new List<FeatureServiceColumn>();
        foreach (var field in entry.Fields.Length == 0 ? fields.Select(f => f.Name) : entry.Fields)
        {
            var index = fields.ToList().FindIndex(f => f.Name == field);
            if (index < 0)
            {
                throw Wrong($"Expected the features that the feature service '{{0}}' takes from '{view}' to be among {string.Join(", ", fields.Select(f => $"'{f.Name}'"))}, but found '{field}'.");
            }

            if (selected.Exists(s => s.FieldIndex == index))
            {
                throw Wrong($"Expected every feature once in the feature service '{{0}}', but '{field}' of '{view}' is named twice.");
            }

            var column = entry.Prefix is null ? field : $"{entry.Prefix}_{field}";
            DefinitionNames.CheckColumn(Name, column);
            if (columns.Find(c => string.Equals(c.Name, column, StringComparison.OrdinalIgnoreCase)) is { } other)
            {
                throw Wrong($"Expected feature names to be unique in the feature service '{{0}}', but '{column}' comes from '{other.View}' and from '{view}'. Give one of them a prefix by .As(prefix).");
            }

            selected.Add(new FeatureServiceColumn(index, columns.Count));
            columns.Add(new FeatureColumn(column, fields[index].Type, view) { Length = fields[index].Length });
        }

        return selected;
    }

    /// <summary>
    /// The keys of all views, each once, in ordinal order of their names: the bytes of an entity key must not depend on which view a service names first.
    /// </summary>
    private List<KeyColumn> CollectKeys(IEnumerable<(string View, IReadOnlyList<KeyColumn> Keys)> renamed)
    {
        var keys = new List<KeyColumn>();
        foreach (var (view, viewKeys) in renamed)
        {
            foreach (var key in viewKeys)
            {
                AddKey(keys, key, view);
            }
        }

        keys.Sort(static (a, b) => string.CompareOrdinal(a.Name, b.Name));
        return keys;
    }

    /// <summary>The keys of a view under their names in the service.</summary>
    private IReadOnlyList<KeyColumn> KeysOf(Entry entry, FeatureViewDefinition? view, OnDemandFeatureViewDefinition? onDemand)
    {
        if (entry.Keys is not { } names)
        {
            return view?.Keys ?? [];
        }

        if (view is null)
        {
            throw Wrong($"Expected WithKeys in the feature service '{{0}}' behind a stored view, but '{onDemand!.Name}' is an on-demand view, which has no keys.");
        }

        if (string.IsNullOrEmpty(entry.Prefix))
        {
            throw Wrong($"Expected .As(prefix) beside WithKeys in the feature service '{{0}}', because '{view.Name}' is called by it then, but found none.");
        }

        if (names.FirstOrDefault(n => view.Keys.All(k => k.Name != n.ViewKey)).ViewKey is { } unknown)
        {
            throw Wrong($"Expected WithKeys in the feature service '{{0}}' to name keys of '{view.Name}' ({string.Join(", ", view.Keys.Select(k => $"'{k.Name}'"))}), but found '{unknown}'.");
        }

        DefinitionNames.CheckColumn(Name, entry.Prefix);
        foreach (var (_, name) in names)
        {
            DefinitionNames.CheckColumn(Name, name);
        }

        var map = names.ToLookup(n => n.ViewKey, n => n.ServiceKey, StringComparer.Ordinal);
        var keys = view.Keys.Select(k => k with { Name = map[k.Name].LastOrDefault() ?? k.Name }).ToList();
        return map.All(n => n.Count() == 1) && keys.DistinctBy(k => k.Name, StringComparer.OrdinalIgnoreCase).Count() == keys.Count
            ? keys
            : throw Wrong($"Expected WithKeys in the feature service '{{0}}' to give every key of '{view.Name}' one name of its own, but it does not.");
    }

    private void AddKey(List<KeyColumn> keys, KeyColumn key, string view)
    {
        if (keys.Find(k => string.Equals(k.Name, key.Name, StringComparison.OrdinalIgnoreCase)) is not { } known)
        {
            keys.Add(key);
        }
        else if (known.Name != key.Name)
        {
            throw Wrong($"Expected one spelling per key in the feature service '{{0}}', but '{key.Name}' of '{view}' and '{known.Name}' of another view differ only by case.");
        }
        else if (known != key)
        {
            throw Wrong($"Expected one meaning per key in the feature service '{{0}}', but '{key.Name}' of '{view}' is {key.Kind} and '{known.Name}' of another view is {known.Kind}.");
        }
    }

    /// <summary>The rows that a training set is made for have keys and request fields as columns, and the features stand beside them.</summary>
    private void CheckSpine(List<KeyColumn> keys, List<FeatureColumn> features, List<FeatureServiceView> views)
    {
        var spellings = keys.ToDictionary(k => k.Name, k => k.Name, StringComparer.OrdinalIgnoreCase);
        foreach (var feature in features)
        {
            if (spellings.TryGetValue(feature.Name, out var key))
            {
                throw Wrong($"Expected features and keys to have different names without regard to case in the feature service '{{0}}', but key '{key}' and feature '{feature.Name}' of '{feature.View}' do not. Give the features of the view a prefix by .As(prefix).");
            }
        }

        foreach (var field in views.Where(v => v.OnDemand is not null).SelectMany(v => v.OnDemand!.RequestFields))
        {
            if (!spellings.TryAdd(field.Name, field.Name) && spellings[field.Name] != field.Name)
            {
                throw Wrong($"Expected one spelling per column in the feature service '{{0}}', but '{spellings[field.Name]}' and the request field '{field.Name}' differ only by case.");
            }
        }
    }

    private FeatureDefinitionException Wrong(string message) => new(Name, message.Replace("{0}", Name, StringComparison.Ordinal));

    private sealed record Entry(Type? Record, string? Name, int Version, string[] Fields)
    {
        internal string? Prefix { get; init; }

        /// <summary>Names of keys in the service by their names in the view; null when they are the same and the view is called by its own name.</summary>
        internal IReadOnlyList<(string ViewKey, string ServiceKey)>? Keys { get; init; }
    }
}
