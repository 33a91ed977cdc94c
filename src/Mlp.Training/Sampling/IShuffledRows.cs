using Apache.Arrow;

namespace Mlp.Training.Sampling;

/// <summary>Rows for a training loop in another order in each epoch. Thread-safe; each read has a buffer of its own.</summary>
public interface IShuffledRows
{
    /// <summary>Schema of the batches.</summary>
    Schema Schema { get; }

    /// <summary>Rows of an epoch.</summary>
    long RowCount { get; }

    /// <summary>Reads an epoch: each row once. The same epoch has the same order each time, so that a loop that was stopped goes on where it stood.</summary>
    /// <param name="epoch">The epoch from 0; each has an order of its own.</param>
    /// <param name="batchSize">Rows per batch, at least 1; the last batch has what is left.</param>
    /// <param name="skipBatches">Batches that were read before and are left out, at least 0.</param>
    /// <param name="cancellationToken">Ends reading.</param>
    /// <returns>The batches, which the caller disposes of.</returns>
    IAsyncEnumerable<RecordBatch> ReadEpochAsync(int epoch, int batchSize, long skipBatches = 0, CancellationToken cancellationToken = default);
}
