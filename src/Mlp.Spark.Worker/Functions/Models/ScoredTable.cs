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
            var kept = command.Keep.Select(name => (Name: name, Index: IndexOf(batch.Schema, name, "to keep"))).ToArray();
            var answers = scorer.Score(batch, Bind, _firstRow, cancellationToken);
            _firstRow += batch.Length;

            // The result is disposed of on its own, the batch after it.
            var columns = kept.Select(k => (new Field(k.Name, batch.Column(k.Index).Data.DataType, nullable: true), ArrowArrayFactory.BuildArray(batch.Column(k.Index).Data.Retain())))
                .Concat(answers)
                .ToArray();
            yield return new RecordBatch(new Schema([.. columns.Select(c => c.Item1)], null), columns.Select(c => c.Item2), batch.Length);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => scorer.Dispose();

    private List<(InputColumn Input, int Column)> Bind(Schema schema)
    {
        var named = command.Inputs.Select(i => (i, IndexOf(schema, i.Column ?? i.Feature, $"for feature '{i.Feature}' of {scorer.Name}"))).ToList();
        var taken = command.Inputs.Select(i => i.Feature).ToHashSet(StringComparer.Ordinal);
        foreach (var feature in scorer.Features.Where(f => !taken.Contains(f) && !taken.Contains(MatrixOf(f))))
        {
            named.Add((new InputColumn(feature), IndexOf(schema, feature, $"for the feature of that name of {scorer.Name}")));
        }

        return named;
    }

    private static string MatrixOf(string feature) => feature.IndexOf('[', StringComparison.Ordinal) is > 0 and var bracket ? feature[..bracket] : feature;

    private static int IndexOf(Schema schema, string name, string purpose)
    {
        var index = -1;
        for (var i = 0; i < schema.FieldsList.Count; i++)
        {
            if (schema.FieldsList[i].Name == name)
            {
                index = index < 0 ? i : throw new TaskException($"Expected one column '{name}' {purpose}, but found two.");
            }
        }

        return index >= 0 ? index : throw new TaskException($"Expected a column '{name}' {purpose}, but found {TaskTables.Describe(schema)}.");
    }
}
