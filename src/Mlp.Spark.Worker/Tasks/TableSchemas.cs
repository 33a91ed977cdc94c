using Apache.Arrow;

namespace Mlp.Spark.Worker.Tasks;

/// <summary>One schema for all batches of a task that have the same columns, so that what was found out for one holds for the next: each group comes as a stream of its own. Used by one task.</summary>
internal sealed class TableSchemas
{
    private Schema? _last;

    /// <summary>The schema of columns.</summary>
    /// <param name="fields">The columns.</param>
    public Schema Of(IReadOnlyList<Field> fields)
    {
        if (_last is null || _last.FieldsList.Count != fields.Count || !_last.FieldsList.Zip(fields).All(p => TypeEquality.AreSame(p.First, p.Second)))
        {
            _last = new Schema(fields, null);
        }

        return _last;
    }
}
