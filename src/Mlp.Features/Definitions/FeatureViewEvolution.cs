using Mlp.Features.Interop;
using Mlp.Features.Offline;

namespace Mlp.Features.Definitions;

/// <summary>How a version of a view takes over the rows of an earlier one. Made in <c>FeaturesBuilder.Add</c>; not thread-safe until then.</summary>
public sealed class FeatureViewEvolution
{
    private readonly SortedDictionary<string, string> _renames = new(StringComparer.Ordinal);

    /// <summary>The version whose rows are taken over; 0 when none was named.</summary>
    internal int FromVersion { get; private set; }

    /// <summary>Says whose rows are taken over: fields of the same name keep their values, a float32 may have become a float64, fields that are new read Null, and fields that are gone are left out.</summary>
    /// <param name="version">An earlier version of the view. It need not be defined in the application any more.</param>
    /// <returns>This evolution.</returns>
    public FeatureViewEvolution EvolvesFrom(int version)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(version, 1);
        FromVersion = version;
        return this;
    }

    /// <summary>Says that a feature or key had another name.</summary>
    /// <param name="from">Column in the earlier version.</param>
    /// <param name="to">Column in this version.</param>
    /// <returns>This evolution.</returns>
    public FeatureViewEvolution Renamed(string from, string to)
    {
        ArgumentException.ThrowIfNullOrEmpty(from);
        ArgumentException.ThrowIfNullOrEmpty(to);
        _renames[to] = from;
        return this;
    }

    /// <summary>The columns of the later version, in stored order, as SQL over the rows of the earlier one.</summary>
    /// <param name="from">The earlier version.</param>
    /// <param name="to">The later version.</param>
    /// <exception cref="FeatureDefinitionException">A value could not be taken over as it is.</exception>
    internal IReadOnlyList<string> Map(FeatureViewDefinition from, FeatureViewDefinition to)
    {
        CheckNames(from, to);
        CheckKeys(from, to);
        var known = OfflineView.Columns(from).ToDictionary(column => column.Name, column => column.Type, StringComparer.Ordinal);
        return [.. OfflineView.Columns(to).Select(column => Map(from, to, column.Name, column.Type, known))];
    }

    private string Map(FeatureViewDefinition from, FeatureViewDefinition to, string column, string type, Dictionary<string, string> known)
    {
        var source = SourceOf(column);
        if (!known.TryGetValue(source, out var found) || (source == column && IsTakenByAnother(column)))
        {
            return $"NULL::{type} AS {Sql.Name(column)}";
        }

        if (LengthOf(from, source) != LengthOf(to, column))
        {
            throw new FeatureDefinitionException(
                to.Name, $"Expected '{column}' of {to} to be as long as '{source}' in version {from.Version} ({LengthOf(from, source)}), but it is {LengthOf(to, column)}: a vector of another length is another feature. Give it another name.");
        }

        // Every float32 is a float64. An int64 beyond 2^53 is none.
        return found == type || (found == "FLOAT" && type == "DOUBLE")
            ? $"{Sql.Name(source)}::{type} AS {Sql.Name(column)}"
            : throw new FeatureDefinitionException(
                to.Name, $"Expected '{column}' of {to} to have the type that '{source}' has in version {from.Version} ({TypeNameOf(from, source)}), or to widen a Float32 to a Float64, but it is {TypeNameOf(to, column)}: values would not stay what they are. Give the feature another name.");
    }

    private static int? LengthOf(FeatureViewDefinition view, string column) => view.IndexOfField(column) is >= 0 and var field ? view.Fields[field].Length : null;

    /// <summary>What a column of the later version was called in the earlier one.</summary>
    /// <param name="column">Column of the later version.</param>
    internal string SourceOf(string column) => _renames.GetValueOrDefault(column, column);

    // A column that was renamed away is no source for a new one of its old name.
    private bool IsTakenByAnother(string column) => !_renames.ContainsKey(column) && _renames.ContainsValue(column);

    private void CheckNames(FeatureViewDefinition from, FeatureViewDefinition to)
    {
        foreach (var (target, source) in _renames)
        {
            if (!HasColumn(from, source))
            {
                throw NoColumn(to, from, source, $"the renaming to '{target}'");
            }

            if (!HasColumn(to, target))
            {
                throw NoColumn(to, to, target, $"the renaming of '{source}'");
            }
        }

        if (_renames.Values.GroupBy(source => source, StringComparer.Ordinal).FirstOrDefault(group => group.Count() > 1) is { } twice)
        {
            throw new FeatureDefinitionException(to.Name, $"Expected every column of {from} to be renamed once at most, but '{twice.Key}' gets {twice.Count()} names in version {to.Version}.");
        }
    }

    private void CheckKeys(FeatureViewDefinition from, FeatureViewDefinition to)
    {
        foreach (var key in to.Keys)
        {
            if (!from.Keys.Any(earlier => earlier.Name == SourceOf(key.Name) && earlier.Kind == key.Kind && !(SourceOf(key.Name) == key.Name && IsTakenByAnother(key.Name))))
            {
                throw new FeatureDefinitionException(to.Name, $"Expected key '{key.Name}' of {to} to be a key of version {from.Version} with the same type, but found none: its rows belong to other entities. Begin a new view.");
            }
        }

        if (from.Keys.Count != to.Keys.Count)
        {
            throw new FeatureDefinitionException(to.Name, $"Expected {to} to have the {from.Keys.Count} keys of version {from.Version}, but it has {to.Keys.Count}: its rows belong to other entities. Begin a new view.");
        }
    }

    private static FeatureDefinitionException NoColumn(FeatureViewDefinition to, FeatureViewDefinition view, string name, string use)
        => new(to.Name, $"Expected a key or feature '{name}' of {view} for {use}, but it has {string.Join(", ", view.Keys.Select(key => key.Name).Concat(view.Fields.Select(field => field.Name)).Select(n => $"'{n}'"))}.");

    private static string TypeNameOf(FeatureViewDefinition view, string column)
        => view.IndexOfField(column) is >= 0 and var field ? view.Fields[field].TypeName : view.Keys.First(key => key.Name == column).Kind.ToString();

    private static bool HasColumn(FeatureViewDefinition view, string name) => view.IndexOfField(name) >= 0 || view.Keys.Any(key => key.Name == name);
}
