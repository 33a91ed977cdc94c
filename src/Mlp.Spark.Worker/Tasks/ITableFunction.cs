using Apache.Arrow;

namespace Mlp.Spark.Worker.Tasks;

/// <summary>A table, or the rows of a group, to a table. Used by one task.</summary>
internal interface ITableFunction : IDisposable
{
    /// <summary>What it is, for messages.</summary>
    string Name { get; }

    /// <summary>Whether it may keep batches that it got, so that their memory may not be used again.</summary>
    bool KeepsMemory { get; }

    /// <summary>Whether it wants all rows of a group in one batch.</summary>
    bool TakesWholeGroups { get; }

    /// <summary>Computes the batches of the result, one at a time. Their memory is that of the caller, who disposes of them unless the function keeps memory.</summary>
    /// <param name="batches">The batches of the table; each is there until the next is asked for, unless the function keeps memory.</param>
    /// <param name="cancellationToken">Ends the computation when Spark does not want it any more.</param>
    IEnumerable<RecordBatch> Run(IEnumerable<RecordBatch> batches, CancellationToken cancellationToken);
}
