using Apache.Arrow;

namespace Mlp.Monitoring.PredictionLog;

/// <summary>Looks at the batches of one model version on their way to the disk, on the task that writes them.</summary>
internal interface IPredictionBatchListener
{
    /// <summary>Looks at a batch. Must not keep it: its memory is used again.</summary>
    /// <param name="batch">The predictions.</param>
    /// <returns>A task that completes when the batch is no longer looked at; the writing waits for it.</returns>
    ValueTask OnBatchAsync(RecordBatch batch);
}
