namespace Mlp.Training.Networks;

/// <summary>Where the batches of a training come from: rows in memory, or a stream. Which rows form which batch depends on seed and epoch alone. For one thread at a time.</summary>
internal abstract class BatchSource : IDisposable
{
    /// <summary>Batches of an epoch.</summary>
    public abstract int BatchCount { get; }

    /// <summary>The targets of all rows, which losses that compare rows need; null where they are not in memory.</summary>
    public abstract TrainingTargets? Targets { get; }

    /// <summary>Memory for one batch.</summary>
    public abstract TrainingBatch NewBatch();

    /// <summary>Rows of a run of batches, of all replicas.</summary>
    /// <param name="epoch">The epoch.</param>
    /// <param name="first">The first batch.</param>
    /// <param name="end">The batch behind the last.</param>
    public abstract int CountOf(int epoch, int first, int end);

    /// <summary>Fills the replica's part of a batch. It costs least in order.</summary>
    /// <param name="batch">What <see cref="NewBatch"/> gave.</param>
    /// <param name="epoch">The epoch.</param>
    /// <param name="index">The batch within it, from 0.</param>
    /// <param name="cancellationToken">Ends reading.</param>
    public abstract void Fill(TrainingBatch batch, int epoch, int index, CancellationToken cancellationToken);

    public virtual void Dispose()
    {
    }
}
