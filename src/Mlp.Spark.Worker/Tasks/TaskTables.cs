using Apache.Arrow;
using Apache.Arrow.Types;

namespace Mlp.Spark.Worker.Tasks;

/// <summary>Between tables and the single column of structs in which Spark sends and takes them.</summary>
internal static class TaskTables
{
    /// <summary>The column's name in what the worker sends; Spark takes any.</summary>
    private const string ColumnName = "_0";

    /// <summary>The table within the single column of a batch. Shares its memory.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="schemas">Schemas of tables so far.</param>
    /// <exception cref="TaskException">It has other columns.</exception>
    public static RecordBatch Unwrap(RecordBatch batch, TableSchemas schemas)
    {
        if (batch.ColumnCount != 1 || batch.Column(0) is not StructArray rows)
        {
            throw new TaskException($"Expected one column of structs, as Spark sends tables, but found {Describe(batch.Schema)}.");
        }

        var fields = ((StructType)rows.Data.DataType).Fields;
        return new RecordBatch(schemas.Of(fields), rows.Fields, batch.Length);
    }

    /// <summary>Some columns of a table. Shares its memory.</summary>
    /// <param name="table">The table.</param>
    /// <param name="columns">Indexes of the columns.</param>
    /// <param name="schemas">Schemas of tables so far.</param>
    /// <exception cref="TaskException">It has fewer.</exception>
    public static RecordBatch Select(RecordBatch table, IReadOnlyList<int> columns, TableSchemas schemas)
    {
        if (columns.FirstOrDefault(c => c >= table.ColumnCount, -1) is >= 0 and var beyond)
        {
            throw new TaskException(FormattableString.Invariant($"Expected column number {beyond + 1} in the rows of a group, but found {table.ColumnCount} columns."));
        }

        return new RecordBatch(schemas.Of([.. columns.Select(c => table.Schema.FieldsList[c])]), columns.Select(table.Column), table.Length);
    }

    /// <summary>A batch with the table as its single column. Shares its memory.</summary>
    /// <param name="columns">The columns of the table.</param>
    /// <param name="length">Number of rows.</param>
    public static RecordBatch Wrap(IReadOnlyList<(Field Field, IArrowArray Values)> columns, int length)
    {
        var type = new StructType([.. columns.Select(c => c.Field)]);
        var rows = new StructArray(type, length, columns.Select(c => c.Values), ArrowBuffer.Empty);
        return new RecordBatch(new Schema([new Field(ColumnName, type, nullable: true)], null), [rows], length);
    }

    /// <summary>The columns of a schema in words.</summary>
    /// <param name="schema">The schema.</param>
    public static string Describe(Schema schema)
        => schema.FieldsList.Count == 0 ? "no columns" : "columns " + string.Join(", ", schema.FieldsList.Select(f => $"'{f.Name}' ({f.DataType.Name})"));
}
