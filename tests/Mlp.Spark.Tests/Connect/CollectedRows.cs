using Apache.Arrow;
using Mlp.Spark.Connect;

namespace Mlp.Spark.Tests.Connect;

/// <summary>What a query has given.</summary>
internal sealed class CollectedRows(IReadOnlyList<RecordBatch> batches)
{
    public IReadOnlyList<RecordBatch> Batches => batches;

    public static Task<CollectedRows> OfAsync(SparkDataFrame table, CancellationToken cancellationToken = default) => OfAsync(table, () => { }, cancellationToken);

    public static async Task<CollectedRows> OfAsync(SparkDataFrame table, Action batchCame, CancellationToken cancellationToken = default)
    {
        var batches = new List<RecordBatch>();
        await foreach (var batch in table.CollectAsync(cancellationToken))
        {
            batches.Add(batch);
            batchCame();
        }

        return new CollectedRows(batches);
    }

    public IEnumerable<string> Names => batches[0].Schema.FieldsList.Select(f => f.Name);

    public IEnumerable<long?> Int64(int column) => batches.SelectMany(b => ((Int64Array)b.Column(column)).ToList(includeNulls: true));

    public IEnumerable<double?> Double(int column) => batches.SelectMany(b => ((DoubleArray)b.Column(column)).ToList(includeNulls: true));
}
