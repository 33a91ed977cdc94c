using Apache.Arrow;
using Apache.Arrow.Types;
using Mlp.Spark.Commands;

namespace Mlp.Spark.Worker.Tasks;

/// <summary>
/// Results in the types that Spark expects: nothing within a type is required to be there, because a declaration cannot say so, and Spark compares types exactly. Values are shared, not copied.
/// </summary>
internal static class ResultColumns
{
    /// <summary>A column in such a type.</summary>
    /// <param name="values">The values.</param>
    /// <param name="name">Name of the column.</param>
    /// <param name="where">What computed it, for messages.</param>
    /// <exception cref="TaskException">Spark has no such type.</exception>
    public static (Field Field, IArrowArray Values) Adapt(IArrowArray values, string name, string where)
    {
        if (SparkTypeText.Of(values.Data.DataType) is null)
        {
            throw new TaskException($"Expected a column '{name}' of a type that Spark has from {where}, but found Arrow type {Describe(values.Data.DataType)}.");
        }

        var type = Loosen(values.Data.DataType);
        var adapted = ReferenceEquals(type, values.Data.DataType) ? values : ArrowArrayFactory.BuildArray(Retype(values.Data, type));
        return (new Field(name, type, nullable: true), adapted);
    }

    /// <summary>Refuses columns that are others than the query declares.</summary>
    /// <param name="columns">The columns.</param>
    /// <param name="declared">What the query declares; null where it is not known.</param>
    /// <param name="where">What computed them, for messages.</param>
    /// <exception cref="TaskException">They are others.</exception>
    public static void Require(IReadOnlyList<Field> columns, IReadOnlyList<ResultColumn>? declared, string where)
    {
        for (var i = 0; declared is not null && i < Math.Max(columns.Count, declared.Count); i++)
        {
            var expected = i < declared.Count ? $"'{declared[i].Name}' ({SparkTypeText.Of(SparkTypeText.Parse(declared[i].Type, declared[i].Name))})" : null;
            var found = i < columns.Count ? $"'{columns[i].Name}' ({SparkTypeText.Of(columns[i].DataType)})" : null;
            if (expected is null || found is null)
            {
                throw new TaskException(FormattableString.Invariant(
                    $"Expected {declared.Count} column{(declared.Count == 1 ? string.Empty : "s")} from {where}, as the query declares, but found {columns.Count}: {(found is null ? $"{expected} is missing" : $"{found} is too many")}."));
            }

            if (expected != found)
            {
                throw new TaskException(FormattableString.Invariant($"Expected {expected} as column {i + 1} from {where}, as the query declares, but found {found}."));
            }
        }
    }

    private static IArrowType Loosen(IArrowType type) => type switch
    {
        MapType map => new MapType(new Field("key", Loosen(map.KeyField.DataType), nullable: false), new Field("value", Loosen(map.ValueField.DataType), nullable: true)),
        ListType list => new ListType(new Field(SparkTypeText.Element, Loosen(list.ValueDataType), nullable: true)),
        StructType record => new StructType([.. record.Fields.Select(f => new Field(f.Name, Loosen(f.DataType), nullable: true))]),
        _ => type,
    };

    private static ArrayData Retype(ArrayData data, IArrowType type) => type switch
    {
        MapType map => With(data, type, [Retype(data.Children[0], new StructType([map.KeyField, map.ValueField]))]),
        ListType list => With(data, type, [Retype(data.Children[0], list.ValueDataType)]),
        StructType record => With(data, type, [.. data.Children.Zip(record.Fields, (child, field) => Retype(child, field.DataType))]),
        _ => data,
    };

    private static ArrayData With(ArrayData data, IArrowType type, ArrayData[] children) => new(type, data.Length, data.NullCount, data.Offset, data.Buffers, children);

    private static string Describe(IArrowType type) => type is NestedType nested ? $"{type.Name}<{string.Join(", ", nested.Fields.Select(f => Describe(f.DataType)))}>" : type.Name;
}
