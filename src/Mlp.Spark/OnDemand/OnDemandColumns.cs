using Apache.Arrow.Types;
using Mlp.Features.Definitions;
using Mlp.Spark.Scoring;

namespace Mlp.Spark.OnDemand;

/// <summary>The columns of a table that an on-demand view computes from.</summary>
internal static class OnDemandColumns
{
    /// <summary>Their names: the fields of the request, then the stored features.</summary>
    /// <param name="view">The view.</param>
    /// <param name="columns">The columns of the table.</param>
    /// <param name="where">Who needs them, for messages.</param>
    /// <exception cref="ArgumentException">A column is missing or has a type that does not fit.</exception>
    public static IReadOnlyList<string> Require(OnDemandFeatureViewDefinition view, IReadOnlyList<TableColumn> columns, string where)
    {
        var fields = view.RequestFields.Concat(view.InputFields).ToList();
        foreach (var field in fields)
        {
            var found = columns.Where(c => c.Name == field.Name).ToList();
            var isThere = found is [{ Type: { } type }] && type is not NullType && ColumnFit.Holds(type, field.Type, field.IsVector, round: false);
            if (!isThere)
            {
                throw new ArgumentException(
                    $"Expected {(found.Count > 1 ? "one" : "a")} column '{field.Name}' of type {field.TypeName}, from which the {view} computes, but found {Describe(found, columns)} ({where}).");
            }
        }

        return [.. fields.Select(f => f.Name)];
    }

    private static string Describe(List<TableColumn> found, IReadOnlyList<TableColumn> columns) => found switch
    {
        [var column] => $"type {column.Description}",
        [] => columns.Count == 0 ? "no columns" : "columns " + string.Join(", ", columns.Select(c => $"'{c.Name}'")),
        _ => "several",
    };
}
