using Mlp.Spark.Worker.Protocol;

namespace Mlp.Spark.Worker.Tasks;

/// <summary>Runs one task: reads its data, calls its functions and writes what they give. Used once.</summary>
/// <param name="functions">Makes functions of commands.</param>
/// <param name="input">The connection, at the data of the task.</param>
/// <param name="output">The connection.</param>
internal sealed class TaskRunner(TaskFunctions functions, ProtocolReader input, ProtocolWriter output) : IDisposable
{
    private readonly TaskOutput _output = new(output);

    /// <summary>Runs the task up to the end of its output.</summary>
    /// <param name="task">The task.</param>
    /// <param name="cancellationToken">Cancelled when Spark does not want the result any more.</param>
    public void Run(SparkTask task, CancellationToken cancellationToken)
    {
        if (EvaluationTypes.IsScalar(task.EvaluationType))
        {
            ScalarRun.Run(functions, task, input, _output, cancellationToken);
        }
        else
        {
            TableRun.Run(functions, task, input, _output, cancellationToken);
        }

        _output.Close();
    }

    /// <summary>Ends the output of a task that failed, if it had begun.</summary>
    public void CloseOutput() => _output.Close();

    /// <inheritdoc/>
    public void Dispose() => _output.Dispose();
}
