using Mlp.Runtime.Inference;

namespace Mlp.Runtime.Batching;

/// <summary>The validated settings of batching. Immutable.</summary>
/// <param name="MaximumBatchSize">Greatest number of rows of a run.</param>
/// <param name="LatencyBudget">Time by which a call without a timeout should be answered.</param>
/// <param name="LaneCount">Runs at once.</param>
/// <param name="MaximumQueueLength">Calls that may wait; null for as many as have a slot.</param>
internal sealed record BatchingSettings(int MaximumBatchSize, TimeSpan LatencyBudget, int LaneCount, int? MaximumQueueLength)
{
    /// <summary>Batches that wait where no maximum is set: beyond that a call waits for a slot, in order of arrival.</summary>
    private const int WaitingBatches = 4;

    /// <summary>Calls that may be in the model at once, each with a slot of one row: those that wait, those in a run, and those that read features.</summary>
    /// <param name="poolSize">Calls at once without batching.</param>
    public int SlotCount(int poolSize) => checked((MaximumQueueLength ?? (WaitingBatches * MaximumBatchSize)) + (LaneCount * MaximumBatchSize) + poolSize);

    /// <summary>Copies options that have been validated.</summary>
    /// <param name="options">The model's options.</param>
    /// <returns>Null where batching is off.</returns>
    public static BatchingSettings? From(ModelOptions options)
        => options.Batching.Enabled
            ? new BatchingSettings(
                options.Batching.MaximumBatchSize,
                options.Batching.LatencyBudget,
                Math.Min(options.PoolSize, Environment.ProcessorCount),
                options.MaximumQueueLength)
            : null;
}
