using Apache.Arrow;
using Apache.Arrow.Types;

namespace Mlp.Spark.TestFunctions;

/// <summary>Methods over all batches of a partition or group.</summary>
public static class Streams
{
    private static readonly Schema CountSchema = new([new Field("n", Int64Type.Default, true)], null);

    /// <summary>The tables as they come.</summary>
    public static IEnumerable<RecordBatch> Echo(IEnumerable<RecordBatch> tables) => tables;

    /// <summary>The tables as they come.</summary>
    public static async IAsyncEnumerable<RecordBatch> EchoAsync(IAsyncEnumerable<RecordBatch> tables)
    {
        await foreach (var table in tables)
        {
            await Task.Yield();
            yield return table;
        }
    }

    /// <summary>All tables after the last has come: they must still be there.</summary>
    public static IEnumerable<RecordBatch> EchoLate(IEnumerable<RecordBatch> tables) => tables.ToList();

    /// <summary>The number of rows of all tables.</summary>
    public static IEnumerable<RecordBatch> Count(IEnumerable<RecordBatch> tables)
    {
        yield return new RecordBatch(CountSchema, [new Int64Array.Builder().Append(tables.Sum(t => (long)t.Length)).Build()], 1);
    }

    /// <summary>The first table only.</summary>
    public static IEnumerable<RecordBatch> First(IEnumerable<RecordBatch> tables) => tables.Take(1);

    /// <summary>No table.</summary>
    public static IEnumerable<RecordBatch> Nothing(IEnumerable<RecordBatch> tables) => tables.Where(_ => false);

    /// <summary>The first table, and then an error.</summary>
    public static IEnumerable<RecordBatch> FirstThenThrow(IEnumerable<RecordBatch> tables)
    {
        foreach (var table in tables)
        {
            yield return table;
            throw new InvalidOperationException("after the first");
        }
    }
}
