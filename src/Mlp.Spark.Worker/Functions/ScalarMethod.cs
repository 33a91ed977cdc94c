using System.Reflection;
using Apache.Arrow;
using Mlp.Spark.Commands;
using Mlp.Spark.Functions;
using Mlp.Spark.Worker.Tasks;

namespace Mlp.Spark.Worker.Functions;

/// <summary>A method of a user as a function of columns: it takes them one by one, or as a batch.</summary>
internal sealed class ScalarMethod : IScalarFunction
{
    private readonly MethodShape _method;
    private readonly IReadOnlyList<ResultColumn>? _outputs;

    private ScalarMethod(MethodShape method, IReadOnlyList<ResultColumn>? outputs)
    {
        _method = method;
        _outputs = outputs;
    }

    /// <inheritdoc/>
    public string Name => _method.Name;

    /// <inheritdoc/>
    public bool KeepsMemory => true;

    /// <summary>Finds the method.</summary>
    /// <param name="command">The command.</param>
    /// <param name="assemblies">The assemblies of users.</param>
    /// <param name="files">Finds files.</param>
    /// <exception cref="TaskException">There is none, or it has another form.</exception>
    public static ScalarMethod Create(MethodCommand command, FunctionAssemblies assemblies, TaskFiles files)
    {
        var method = new MethodShape(assemblies.Load(command.Method.Assembly, files).Find(command.Method));
        if (!method.Form.IsOfColumns)
        {
            throw method.Misfit(MethodForm.ColumnForms);
        }

        return command.Outputs is null or [_]
            ? new ScalarMethod(method, command.Outputs)
            : throw new TaskException(FormattableString.Invariant($"Expected one output of a scalar function, but the command has {command.Outputs.Count}."));
    }

    /// <inheritdoc/>
    public IArrowArray Run(ScalarArguments arguments, CancellationToken cancellationToken)
    {
        var result = (IArrowArray)_method.Call(_method.Form.TakesColumnsAsBatch ? [BatchOf(arguments)] : Order(arguments), cancellationToken);
        if (_outputs is [var output])
        {
            ResultColumns.Require([ResultColumns.Adapt(result, output.Name, Name).Field], _outputs, Name);
        }

        return result;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    private static RecordBatch BatchOf(ScalarArguments arguments)
    {
        var fields = arguments.Columns.Select((c, i) => new Field(arguments.Names[i] ?? FormattableString.Invariant($"_{i}"), c.Data.DataType, nullable: true));
        return new RecordBatch(new Schema(fields, null), arguments.Columns, arguments.RowCount);
    }

    /// <summary>Arguments with names come in the order of the call, others by position.</summary>
    private object?[] Order(ScalarArguments arguments)
    {
        var parameters = _method.Parameters;
        var ordered = new object?[parameters.Count];
        if (arguments.Columns.Count != parameters.Count)
        {
            throw new TaskException(FormattableString.Invariant($"Expected {parameters.Count} argument{(parameters.Count == 1 ? string.Empty : "s")} for {Name}, but the query passes {arguments.Columns.Count}."));
        }

        for (var i = 0; i < arguments.Columns.Count; i++)
        {
            var position = arguments.Names[i] is { } name ? PositionOf(name) : i;
            if (ordered[position] is not null)
            {
                throw new TaskException($"Expected each argument of {Name} once, but the query passes '{parameters[position].Name}' twice.");
            }

            ordered[position] = Convert(arguments.Columns[i], parameters[position]);
        }

        return ordered;
    }

    private int PositionOf(string name)
    {
        var position = _method.Parameters.TakeWhile(p => p.Name != name).Count();
        return position < _method.Parameters.Count
            ? position
            : throw new TaskException($"Expected an argument {string.Join(" or ", _method.Parameters.Select(p => $"'{p.Name}'"))} for {Name}, but the query passes '{name}'.");
    }

    private IArrowArray Convert(IArrowArray column, ParameterInfo parameter)
        => parameter.ParameterType.IsInstanceOfType(column)
            ? column
            : throw new TaskException($"Expected argument '{parameter.Name}' of {Name} as {parameter.ParameterType.Name}, but found {column.GetType().Name}.");
}
