using Apache.Arrow;
using Mlp.Spark.Commands;
using Mlp.Spark.Worker.Tasks;

namespace Mlp.Spark.Worker.Functions.Models;

/// <summary>A model as a function of tables: the kept columns, and then its answers. Used by one task.</summary>
/// <param name="command">The command.</param>
/// <param name="scorer">The model; it is taken over.</param>
internal sealed class ScoredTable(ScoreCommand command, Scorer scorer) : ITableFunction
{
    private long _firstRow;

    /// <inheritdoc/>
    public string Name => scorer.Name;

    /// <inheritdoc/>
    public bool KeepsMemory => false;

    /// <inheritdoc/>
    public bool TakesWholeGroups => false;

    /// <inheritdoc/>
    public IEnumerable<RecordBatch> Run(IEnumerable<RecordBatch> batches, CancellationToken cancellationToken)
    {
        foreach (var batch in batches)
        {
            var kept = KeptColumns.Of(batch, command.Keep).ToArray();
            var columns = kept.Concat(scorer.Score(batch, scorer.BindByName, _firstRow, cancellationToken)).ToArray();
            _firstRow += batch.Length;
            yield return new RecordBatch(new Schema([.. columns.Select(c => c.Field)], null), columns.Select(c => c.Values), batch.Length);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => scorer.Dispose();
}
