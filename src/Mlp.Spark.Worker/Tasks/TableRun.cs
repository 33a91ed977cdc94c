using Apache.Arrow;
using Mlp.Spark.Worker.Protocol;

namespace Mlp.Spark.Worker.Tasks;

/// <summary>A task whose function gives tables: of the whole partition, or of each of its groups.</summary>
internal sealed class TableRun
{
    private readonly ITableFunction _function;
    private readonly SparkTask _task;
    private readonly ProtocolReader _input;
    private readonly TaskOutput _output;
    private readonly BatchAllocator _allocator;
    private readonly Func<RecordBatch, RecordBatch> _tableOf;

    private TableRun(ITableFunction function, SparkTask task, ProtocolReader input, TaskOutput output)
    {
        (_function, _task, _input, _output) = (function, task, input, output);
        _allocator = new BatchAllocator(reuses: !function.KeepsMemory);
        _tableOf = TableOf(task);
    }

    /// <summary>Runs the task.</summary>
    /// <param name="functions">Makes functions of commands.</param>
    /// <param name="task">The task.</param>
    /// <param name="input">The connection, at the data.</param>
    /// <param name="output">The answer.</param>
    /// <param name="cancellationToken">Cancelled when Spark does not want the result any more.</param>
    public static void Run(TaskFunctions functions, SparkTask task, ProtocolReader input, TaskOutput output, CancellationToken cancellationToken)
    {
        if (task.Functions is not [{ Commands: [var command] }])
        {
            throw new TaskException("Expected one function of tables in a task, but found several.");
        }

        using var function = functions.CreateTable(task, command);
        var run = new TableRun(function, task, input, output);
        if (!EvaluationTypes.IsGrouped(task.EvaluationType))
        {
            run.RunPartition(cancellationToken);
        }
        else if (task.HasStreamPerGroup)
        {
            run.RunStreams(cancellationToken);
        }
        else
        {
            run.RunBatches(cancellationToken);
        }
    }

    private static Func<RecordBatch, RecordBatch> TableOf(SparkTask task)
    {
        var (whole, selected) = (new TableSchemas(), new TableSchemas());
        if (!EvaluationTypes.IsGrouped(task.EvaluationType))
        {
            return batch => TaskTables.Unwrap(batch, whole);
        }

        var columns = GroupColumns.ValuesOf(task.Functions[0]);
        return task.EvaluationType == EvaluationType.GroupedMapArrow
            ? batch => TaskTables.Select(TaskTables.Unwrap(batch, whole), columns, selected)
            : batch => TaskTables.Select(batch, columns, selected);
    }

    private void RunPartition(CancellationToken cancellationToken)
    {
        using var reader = new BatchReader(_input, _allocator);
        Call(new InputBatches(reader, _tableOf, disposes: !_function.KeepsMemory), cancellationToken);
    }

    /// <summary>Up to 4.0 a group is a batch, however large.</summary>
    private void RunBatches(CancellationToken cancellationToken)
    {
        using var reader = new BatchReader(_input, _allocator);
        while (reader.ReadBatch() is { } batch)
        {
            WriteAll(_function.Run([_tableOf(batch)], cancellationToken));
            if (!_function.KeepsMemory)
            {
                batch.Dispose();
            }
        }
    }

    /// <summary>From 4.1 on a group is a stream of batches.</summary>
    private void RunStreams(CancellationToken cancellationToken)
    {
        while (_input.ReadInt32() is not 0 and var count)
        {
            if (count != 1)
            {
                throw new ProtocolException(FormattableString.Invariant($"Expected one table of a group, but found {count}: functions of two tables are not run."));
            }

            using var reader = new BatchReader(_input, _allocator);
            var batches = new InputBatches(reader, _tableOf, disposes: !_function.KeepsMemory);
            if (_function.TakesWholeGroups)
            {
                WriteAll(_function.Run(WholeGroup.Read(batches), cancellationToken));
                continue;
            }

            Call(batches, cancellationToken);
            foreach (var _ in batches)
            {
                // What the function did not want stands before the next group.
            }
        }
    }

    private void Call(InputBatches batches, CancellationToken cancellationToken)
    {
        try
        {
            WriteAll(_function.Run(batches, cancellationToken));
        }
        catch
        {
            batches.ThrowError();
            throw;
        }

        // The code of a user may have caught it.
        batches.ThrowError();
    }

    private void WriteAll(IEnumerable<RecordBatch> results)
    {
        foreach (var result in results)
        {
            var columns = new (Field Field, IArrowArray Values)[result.ColumnCount];
            for (var i = 0; i < columns.Length; i++)
            {
                columns[i] = ResultColumns.Adapt(result.Column(i), result.Schema.FieldsList[i].Name, _function.Name);
                if (columns[i].Values.Length != result.Length)
                {
                    throw new TaskException(FormattableString.Invariant($"Expected {result.Length} rows in column '{columns[i].Field.Name}' from {_function.Name}, as in its batch, but found {columns[i].Values.Length}."));
                }
            }

            _output.Write(TaskTables.Wrap(columns, result.Length));
            if (!_function.KeepsMemory)
            {
                result.Dispose();
            }
        }
    }
}
