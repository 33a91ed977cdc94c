using Apache.Arrow;
using Mlp.Spark.Commands;
using Mlp.Spark.Functions;
using Mlp.Spark.Worker.Tasks;

namespace Mlp.Spark.Worker.Functions;

/// <summary>A method of a user as a function of tables: it takes a batch, or a group, at a time, or all batches one after the other.</summary>
internal sealed class TableMethod : ITableFunction
{
    private readonly MethodShape _method;
    private readonly IReadOnlyList<ResultColumn>? _outputs;

    private TableMethod(MethodShape method, IReadOnlyList<ResultColumn>? outputs)
    {
        _method = method;
        _outputs = outputs;
    }

    /// <inheritdoc/>
    public string Name => _method.Name;

    /// <inheritdoc/>
    public bool KeepsMemory => true;

    /// <inheritdoc/>
    public bool TakesWholeGroups => _method.Form.IsOfBatch;

    /// <summary>Finds the method.</summary>
    /// <param name="command">The command.</param>
    /// <param name="assemblies">The assemblies of users.</param>
    /// <param name="files">Finds files.</param>
    /// <exception cref="TaskException">There is none, or it has another form.</exception>
    public static TableMethod Create(MethodCommand command, FunctionAssemblies assemblies, TaskFiles files)
    {
        var method = new MethodShape(assemblies.Load(command.Method.Assembly, files).Find(command.Method));
        return method.Form.IsOfTables ? new TableMethod(method, command.Outputs) : throw method.Misfit(MethodForm.TableForms);
    }

    /// <inheritdoc/>
    public IEnumerable<RecordBatch> Run(IEnumerable<RecordBatch> batches, CancellationToken cancellationToken)
    {
        var results = _method.Form.IsOfBatch
            ? batches.Select(batch => (RecordBatch)_method.Call([batch], cancellationToken))
            : Follow(() => _method.Form.IsOfBatches
                ? (IEnumerable<RecordBatch>)_method.Call([batches], cancellationToken)
                : ((IAsyncEnumerable<RecordBatch>)_method.Call([Feed(batches)], cancellationToken)).ToBlockingEnumerable(cancellationToken));
        foreach (var result in results)
        {
            if (_outputs is not null)
            {
                ResultColumns.Require([.. Enumerable.Range(0, result.ColumnCount).Select(i => ResultColumns.Adapt(result.Column(i), result.Schema.FieldsList[i].Name, Name).Field)], _outputs, Name);
            }

            yield return result;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    private static async IAsyncEnumerable<RecordBatch> Feed(IEnumerable<RecordBatch> batches)
    {
        foreach (var batch in batches)
        {
            await ValueTask.CompletedTask.ConfigureAwait(false);
            yield return batch;
        }
    }

    /// <summary>Enumerates what the method gives, step by step in its guard.</summary>
    private IEnumerable<RecordBatch> Follow(Func<IEnumerable<RecordBatch>> run)
    {
        using var results = _method.Guard(() => run().GetEnumerator());
        while (_method.Guard(results.MoveNext))
        {
            yield return results.Current ?? throw new TaskException($"Expected batches from {Name}, but it gave null.");
        }
    }
}
