using Mlp.Spark.Connect.Protocol;

namespace Mlp.Spark.Scoring;

/// <summary>The columns of tables that travel to the worker, and back.</summary>
internal static class TableColumns
{
    /// <summary>The columns that a result keeps.</summary>
    /// <param name="columns">The columns of the table.</param>
    /// <param name="names">Names of those to keep; null for all of them.</param>
    /// <param name="where">Who keeps them, for messages.</param>
    /// <param name="comparer">How Spark compares names; null for with their case.</param>
    /// <exception cref="ArgumentException">A column is missing, or there or kept twice.</exception>
    public static IReadOnlyList<DataType.Types.StructField> Keep(IReadOnlyList<DataType.Types.StructField> columns, IReadOnlyList<string>? names, string where, StringComparer? comparer = null)
    {
        comparer ??= StringComparer.Ordinal;
        IReadOnlyList<DataType.Types.StructField> kept = names is null ? columns : [.. names.Select(n => Single(columns, n, where, comparer))];
        return kept.Select(k => k.Name).GroupBy(n => n, comparer).FirstOrDefault(g => g.Count() > 1)?.Distinct(StringComparer.Ordinal).ToList() is not { } twice
            ? kept
            : throw new ArgumentException(
                $"Expected each column to keep once, but found {(twice.Count == 1 ? $"'{twice[0]}' twice" : $"{string.Join(" and ", twice.Select(n => $"'{n}'"))}, which Spark takes for one name")} ({where}).");
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
            throw new ArgumentException($"Expected a column '{missing}' to group by, but found {Describe([.. columns.Select(c => c.Name)])} ({where}).");
        }
    }

    /// <summary>Why a name is not that of one column.</summary>
    /// <param name="columns">Names of the columns.</param>
    /// <param name="name">The name, whose case counts as in this process.</param>
    /// <param name="comparer">How Spark compares names.</param>
    /// <returns>What was found instead; null where there is nothing to say.</returns>
    public static string? FindFault(IReadOnlyList<string> columns, string name, StringComparer comparer)
    {
        var same = columns.Where(c => comparer.Equals(c, name)).ToList();
        return (same.Contains(name, StringComparer.Ordinal), same) switch
        {
            (true, [_]) => null,
            (true, _) when same.Distinct(StringComparer.Ordinal).Count() > 1 => $"{string.Join(" and ", same.Distinct(StringComparer.Ordinal).Select(c => $"'{c}'"))}, which Spark takes for one name",
            (true, _) => "several",
            _ when columns.FirstOrDefault(c => c.Equals(name, StringComparison.OrdinalIgnoreCase)) is { } other => $"'{other}', whose name differs in case",
            _ => Describe(columns),
        };
    }

    /// <summary>Spark sends all columns of what it maps: what nobody needs is left out before.</summary>
    /// <param name="table">The table.</param>
    /// <param name="columns">Names of the columns that stay.</param>
    public static Relation Narrow(Relation table, IEnumerable<string> columns) => new() { Project = new() { Input = table, Expressions = { columns.Select(FunctionPlans.Column) } } };

    private static DataType.Types.StructField Single(IReadOnlyList<DataType.Types.StructField> columns, string name, string where, StringComparer comparer)
        => FindFault([.. columns.Select(c => c.Name)], name, comparer) is { } fault
            ? throw new ArgumentException($"Expected a column '{name}' to keep, but found {fault} ({where}).")
            : columns.First(c => c.Name == name);

    private static string Describe(IReadOnlyList<string> columns) => columns.Count == 0 ? "no columns" : "columns " + string.Join(", ", columns.Select(c => $"'{c}'"));
}
