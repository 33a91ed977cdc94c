using Apache.Arrow;

namespace Mlp.Spark.Worker.Tasks;

/// <summary>Finds columns of tables by name.</summary>
internal static class KeptColumns
{
    /// <summary>Columns of a table for another, which is disposed of on its own. Shares their memory.</summary>
    /// <param name="table">The table.</param>
    /// <param name="names">Names of the columns.</param>
    /// <exception cref="TaskException">A column is missing, or there twice.</exception>
    public static IEnumerable<(Field Field, IArrowArray Values)> Of(RecordBatch table, IReadOnlyList<string> names)
        => names.Select(name => table.Column(IndexOf(table.Schema, name, "to keep")))
            .Select((column, i) => (new Field(names[i], column.Data.DataType, nullable: true), ArrowArrayFactory.BuildArray(column.Data.Retain())));

    /// <summary>Index of a column.</summary>
    /// <param name="schema">The columns.</param>
    /// <param name="name">Name of the column.</param>
    /// <param name="purpose">What it is for, for messages.</param>
    /// <exception cref="TaskException">It is missing, or there twice.</exception>
    public static int IndexOf(Schema schema, string name, string purpose)
    {
        var index = -1;
        for (var i = 0; i < schema.FieldsList.Count; i++)
        {
            if (schema.FieldsList[i].Name == name)
            {
                index = index < 0 ? i : throw new TaskException($"Expected one column '{name}' {purpose}, but found two.");
            }
        }

        return index >= 0 ? index : throw new TaskException($"Expected a column '{name}' {purpose}, but found {TaskTables.Describe(schema)}.");
    }
}
