using Apache.Arrow;
using Mlp.Spark.Worker.Protocol;

namespace Mlp.Spark.Worker.Tasks;

/// <summary>One column of the answer of a scalar task: a function of some columns, or functions one within the other. Used by one task.</summary>
internal sealed class ScalarColumn : IDisposable
{
    private readonly IReadOnlyList<FunctionArgument> _arguments;
    private readonly string?[] _names;
    private readonly IReadOnlyList<IScalarFunction> _chain;

    private ScalarColumn(IReadOnlyList<FunctionArgument> arguments, IReadOnlyList<IScalarFunction> chain)
    {
        _arguments = arguments;
        _names = [.. arguments.Select(a => a.Name)];
        _chain = chain;
    }

    /// <summary>Whether the functions may keep columns that they got.</summary>
    public bool KeepsMemory => _chain.Any(f => f.KeepsMemory);

    /// <summary>Makes the functions.</summary>
    /// <param name="functions">Makes functions of commands.</param>
    /// <param name="task">The task.</param>
    /// <param name="function">The function of the task.</param>
    public static ScalarColumn Create(TaskFunctions functions, SparkTask task, TaskFunction function)
    {
        var chain = new List<IScalarFunction>();
        try
        {
            foreach (var command in function.Commands)
            {
                chain.Add(functions.CreateScalar(task, command));
            }

            return new ScalarColumn(function.Arguments, chain);
        }
        catch
        {
            chain.ForEach(f => f.Dispose());
            throw;
        }
    }

    /// <summary>Computes the column.</summary>
    /// <param name="batch">The arguments of all functions of the task.</param>
    /// <param name="name">Name of the column.</param>
    /// <param name="firstRow">What the first row is in the partition, for messages.</param>
    /// <param name="cancellationToken">Cancelled when Spark does not want the result any more.</param>
    public (Field Field, IArrowArray Values) Compute(RecordBatch batch, string name, long firstRow, CancellationToken cancellationToken)
    {
        var arguments = new ScalarArguments([.. _arguments.Select(a => Column(batch, a.Offset))], _names, batch.Length, firstRow);
        for (var i = 0; ; i++)
        {
            var values = _chain[i].Run(arguments, cancellationToken);
            if (values.Length != batch.Length)
            {
                throw new TaskException(FormattableString.Invariant($"Expected {batch.Length} rows from {_chain[i].Name}, one for each row that it got, but found {values.Length}."));
            }

            if (i == _chain.Count - 1)
            {
                return ResultColumns.Adapt(values, name, _chain[i].Name);
            }

            arguments = new ScalarArguments([values], [null], batch.Length, firstRow);
        }
    }

    /// <summary>Lets go of a column that was sent.</summary>
    /// <param name="values">The column.</param>
    public void Release(IArrowArray values)
    {
        if (!KeepsMemory)
        {
            values.Dispose();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var function in _chain)
        {
            function.Dispose();
        }
    }

    private static IArrowArray Column(RecordBatch batch, int offset)
        => offset < batch.ColumnCount ? batch.Column(offset) : throw new TaskException(FormattableString.Invariant($"Expected column number {offset + 1} among the arguments, but found {batch.ColumnCount} columns."));
}
