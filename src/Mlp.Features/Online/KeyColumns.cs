using Apache.Arrow;
using Apache.Arrow.Types;
using Mlp.Runtime.Data;

namespace Mlp.Features.Online;

/// <summary>Entity keys as Arrow columns.</summary>
internal static class KeyColumns
{
    /// <summary>A batch with the keys of its rows in front.</summary>
    /// <param name="features">The features; its columns are those of the result.</param>
    /// <param name="keys">Names and kinds.</param>
    /// <param name="values">Shape (rows, keys), row-major.</param>
    internal static RecordBatch PutBefore(RecordBatch features, IReadOnlyList<KeyColumn> keys, ReadOnlySpan<EntityValue> values)
    {
        var (fields, columns) = (new List<Field>(), new List<IArrowArray>());
        for (var part = 0; part < keys.Count; part++)
        {
            var isInteger = keys[part].Kind == EntityValueKind.Int64;
            fields.Add(new Field(keys[part].Name, isInteger ? Int64Type.Default : StringType.Default, nullable: true));
            columns.Add(isInteger ? Integers(values, part, keys.Count) : Texts(values, part, keys.Count));
        }

        return new RecordBatch(new Schema([.. fields, .. features.Schema.FieldsList], metadata: null), [.. columns, .. features.Arrays], features.Length);
    }

    private static Int64Array Integers(ReadOnlySpan<EntityValue> values, int part, int width)
    {
        var column = new Int64Array.Builder();
        for (var i = part; i < values.Length; i += width)
        {
            _ = values[i].IsNull ? column.AppendNull() : column.Append(values[i].AsInt64());
        }

        return column.Build();
    }

    private static StringArray Texts(ReadOnlySpan<EntityValue> values, int part, int width)
    {
        var column = new StringArray.Builder();
        for (var i = part; i < values.Length; i += width)
        {
            _ = values[i].IsNull ? column.AppendNull() : column.Append(values[i].Kind == EntityValueKind.Guid ? values[i].AsGuid().ToString("D") : values[i].AsString());
        }

        return column.Build();
    }
}
