using Apache.Arrow;
using Apache.Arrow.Types;

namespace Mlp.Spark.TestFunctions;

/// <summary>What the recorded tasks computed.</summary>
public static class Recorded
{
    /// <summary>The column <c>id</c>, and <c>score</c> = 2a + b.</summary>
    public static RecordBatch Score(RecordBatch table)
    {
        var schema = new Schema([table.Schema.GetFieldByName("id"), new Field("score", DoubleType.Default, nullable: true)], null);
        return new RecordBatch(schema, [table.Column("id"), Linear((DoubleArray)table.Column("a"), (DoubleArray)table.Column("b"))], table.Length);
    }

    /// <summary>The table.</summary>
    public static RecordBatch Echo(RecordBatch table) => table;

    /// <summary>The column.</summary>
    public static IArrowArray EchoColumn(IArrowArray column) => column;

    /// <summary>The first column.</summary>
    public static IArrowArray First(RecordBatch columns) => columns.Column(0);

    /// <summary>2a + b.</summary>
    public static DoubleArray Linear(DoubleArray a, DoubleArray b) => Combine(a, b, (x, y) => (2 * x) + y);

    /// <summary>a * b.</summary>
    public static DoubleArray Product(DoubleArray a, DoubleArray b) => Combine(a, b, (x, y) => x * y);

    /// <summary>The keys of a group, and its number of rows.</summary>
    public static RecordBatch Count(RecordBatch group)
    {
        var schema = new Schema([new Field("k0", Int32Type.Default, true), new Field("k1", StringType.Default, true), new Field("n", Int64Type.Default, true)], null);
        var first = new IArrowArray[]
        {
            new Int32Array.Builder().Append(((Int32Array)group.Column("k")).GetValue(0)!.Value).Build(),
            new StringArray.Builder().Append(((StringArray)group.Column("g")).GetString(0)).Build(),
            new Int64Array.Builder().Append(group.Length).Build(),
        };
        return new RecordBatch(schema, first, 1);
    }

    private static DoubleArray Combine(DoubleArray a, DoubleArray b, Func<double, double, double> combine)
    {
        var result = new DoubleArray.Builder();
        for (var row = 0; row < a.Length; row++)
        {
            _ = a.GetValue(row) is { } x && b.GetValue(row) is { } y ? result.Append(combine(x, y)) : result.AppendNull();
        }

        return result.Build();
    }
}
