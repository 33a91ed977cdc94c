using Apache.Arrow;
using Mlp.Spark.Worker.Protocol;

namespace Mlp.Spark.Worker.Tasks;

/// <summary>A task of scalar functions: for each batch a column per function, with a row for each row. Spark does not count them, and would drop rows of the query, so they are counted here.</summary>
internal static class ScalarRun
{
    /// <summary>Runs the task.</summary>
    /// <param name="functions">Makes functions of commands.</param>
    /// <param name="task">The task.</param>
    /// <param name="input">The connection, at the data.</param>
    /// <param name="output">The answer.</param>
    /// <param name="cancellationToken">Cancelled when Spark does not want the result any more.</param>
    public static void Run(TaskFunctions functions, SparkTask task, ProtocolReader input, TaskOutput output, CancellationToken cancellationToken)
    {
        var columns = new List<ScalarColumn>();
        try
        {
            foreach (var function in task.Functions)
            {
                columns.Add(ScalarColumn.Create(functions, task, function));
            }

            Run(columns, input, output, cancellationToken);
        }
        finally
        {
            columns.ForEach(c => c.Dispose());
        }
    }

    private static void Run(IReadOnlyList<ScalarColumn> columns, ProtocolReader input, TaskOutput output, CancellationToken cancellationToken)
    {
        var keepsMemory = columns.Any(c => c.KeepsMemory);
        using var reader = new BatchReader(input, new BatchAllocator(reuses: !keepsMemory));
        var firstRow = 0L;
        while (reader.ReadBatch() is { } batch)
        {
            Run(columns, batch, firstRow, output, cancellationToken);
            firstRow += batch.Length;
            if (!keepsMemory)
            {
                batch.Dispose();
            }
        }
    }

    private static void Run(IReadOnlyList<ScalarColumn> columns, RecordBatch batch, long firstRow, TaskOutput output, CancellationToken cancellationToken)
    {
        var results = new (Field Field, IArrowArray Values)[columns.Count];
        for (var i = 0; i < columns.Count; i++)
        {
            results[i] = columns[i].Compute(batch, FormattableString.Invariant($"_{i}"), firstRow, cancellationToken);
        }

        var answer = new RecordBatch(new Schema([.. results.Select(r => r.Field)], null), results.Select(r => r.Values), batch.Length);
        output.Write(answer);
        for (var i = 0; i < columns.Count; i++)
        {
            columns[i].Release(results[i].Values);
        }
    }
}
