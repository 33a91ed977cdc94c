using Apache.Arrow;
using Apache.Arrow.Types;
using Mlp.Spark.Commands;
using Mlp.Spark.Worker.Tasks;

namespace Mlp.Spark.Worker.Functions.OnDemand;

/// <summary>An on-demand view as a function of columns: its feature, or where there are several a struct of them. Used by one task.</summary>
/// <param name="command">The command.</param>
/// <param name="view">The view.</param>
internal sealed class OnDemandColumn(OnDemandCommand command, OnDemandView view) : IScalarFunction
{
    private readonly IReadOnlyList<int> _features = OnDemandSelection.Of(command, view);

    /// <inheritdoc/>
    public string Name => view.Name;

    /// <inheritdoc/>
    public bool KeepsMemory => false;

    /// <inheritdoc/>
    public IArrowArray Run(ScalarArguments arguments, CancellationToken cancellationToken)
    {
        var names = view.Columns;
        if (arguments.Columns.Count != names.Count)
        {
            throw new TaskException(FormattableString.Invariant($"Expected {names.Count} arguments for the {Name} ({string.Join(", ", names.Select(n => $"'{n}'"))}), but the query passes {arguments.Columns.Count}."));
        }

        var fields = arguments.Columns.Select((c, i) => new Field(arguments.Names[i] ?? names[i], c.Data.DataType, nullable: true));
        var computed = view.Compute(new RecordBatch(new Schema(fields, null), arguments.Columns, arguments.RowCount), arguments.FirstRow);
        return _features is [var single]
            ? computed[single].Values
            : new StructArray(new StructType([.. _features.Select(i => computed[i].Field)]), arguments.RowCount, _features.Select(i => computed[i].Values), ArrowBuffer.Empty);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
