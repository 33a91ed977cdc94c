using Mlp.Spark.Connect.Protocol;

namespace Mlp.Spark.Scoring;

/// <summary>The columns of tables that travel to the worker, and back.</summary>
internal static class TableColumns
{
    /// <summary>The columns that a result keeps.</summary>
    /// <param name="columns">The columns of the table.</param>
    /// <param name="names">Names of those to keep; null for all of them.</param>
    /// <param name="where">Who keeps them, for messages.</param>
    /// <exception cref="ArgumentException">A column is missing, or there or kept twice.</exception>
    public static IReadOnlyList<DataType.Types.StructField> Keep(IReadOnlyList<DataType.Types.StructField> columns, IReadOnlyList<string>? names, string where)
    {
        IReadOnlyList<DataType.Types.StructField> kept = names is null ? columns : [.. names.Select(n => Single(columns, n, where))];
        return kept.GroupBy(k => k.Name, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1) is { } twice
            ? throw new ArgumentException($"Expected each column to keep once, but found '{twice.Key}' twice ({where}).")
            : kept;
    }

    /// <summary>Refuses groups by columns that a table does not have.</summary>
    /// <param name="columns">The columns of the table.</param>
    /// <param name="keys">Names of the columns that make the groups.</param>
    /// <param name="where">What is done with the groups, for messages.</param>
    /// <exception cref="ArgumentException">A column is missing, in upper and lower case alike.</exception>
    public static void RequireKeys(IReadOnlyList<DataType.Types.StructField> columns, IReadOnlyList<string> keys, string where)
    {
        if (keys.FirstOrDefault(key => !columns.Any(c => c.Name.Equals(key, StringComparison.OrdinalIgnoreCase))) is { } missing)
        {
            throw new ArgumentException($"Expected a column '{missing}' to group by, but found {Describe(columns)} ({where}).");
        }
    }

    /// <summary>Spark sends all columns of what it maps: what nobody needs is left out before.</summary>
    /// <param name="table">The table.</param>
    /// <param name="columns">Names of the columns that stay.</param>
    public static Relation Narrow(Relation table, IEnumerable<string> columns) => new() { Project = new() { Input = table, Expressions = { columns.Select(FunctionPlans.Column) } } };

    private static DataType.Types.StructField Single(IReadOnlyList<DataType.Types.StructField> columns, string name, string where)
    {
        var found = columns.Where(c => c.Name == name).ToList();
        return found.Count == 1
            ? found[0]
            : throw new ArgumentException($"Expected {(found.Count == 0 ? "a" : "one")} column '{name}' to keep, but found {(found.Count == 0 ? Describe(columns) : "several")} ({where}).");
    }

    private static string Describe(IReadOnlyList<DataType.Types.StructField> columns) => columns.Count == 0 ? "no columns" : "columns " + string.Join(", ", columns.Select(c => $"'{c.Name}'"));
}
