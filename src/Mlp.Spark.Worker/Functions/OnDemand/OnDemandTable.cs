using Apache.Arrow;
using Mlp.Spark.Commands;
using Mlp.Spark.Worker.Tasks;

namespace Mlp.Spark.Worker.Functions.OnDemand;

/// <summary>An on-demand view as a function of tables: the kept columns, and then its features. Used by one task.</summary>
/// <param name="command">The command.</param>
/// <param name="view">The view.</param>
internal sealed class OnDemandTable(OnDemandCommand command, OnDemandView view) : ITableFunction
{
    private readonly IReadOnlyList<int> _features = OnDemandSelection.Of(command, view);
    private long _firstRow;

    /// <inheritdoc/>
    public string Name => view.Name;

    /// <inheritdoc/>
    public bool KeepsMemory => false;

    /// <inheritdoc/>
    public bool TakesWholeGroups => false;

    /// <inheritdoc/>
    public IEnumerable<RecordBatch> Run(IEnumerable<RecordBatch> batches, CancellationToken cancellationToken)
    {
        foreach (var batch in batches)
        {
            var computed = view.Compute(batch, _firstRow, command.Statuses);
            _firstRow += batch.Length;
            var columns = KeptColumns.Of(batch, command.Keep).Concat(_features.Select(i => computed[i])).ToArray();
            yield return new RecordBatch(new Schema([.. columns.Select(c => c.Field)], null), columns.Select(c => c.Values), batch.Length);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
