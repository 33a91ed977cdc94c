namespace Mlp.Training.Networks;

/// <summary>Where the batches of a training come from: rows in memory, or a stream. Which rows form which batch depends on seed and epoch alone. For one thread at a time.</summary>
internal abstract class BatchSource : IDisposable
{
    /// <summary>Batches of an epoch.</summary>
    public abstract int BatchCount { get; }

    /// <summary>What an epoch puts in order: rows, or groups of them.</summary>
    public virtual long UnitCount => 0;

    /// <summary>The targets of all rows, which losses that compare rows need; null where they are not in memory.</summary>
    public abstract TrainingTargets? Targets { get; }

    /// <summary>The epoch of which only a rest is trained, because the replicas have changed within it; 0 for none.</summary>
    protected int PartEpoch { get; private set; }

    /// <summary>Units of that epoch that come before the rest.</summary>
    protected long PartStart { get; private set; }

    /// <summary>Batches of an epoch, or of its rest.</summary>
    /// <param name="epoch">The epoch.</param>
    public int BatchCountOf(int epoch) => epoch == PartEpoch ? BatchCountFrom(PartStart, null) : BatchCount;

    /// <summary>Batches of the rest of an epoch.</summary>
    /// <param name="start">Units that come before it.</param>
    /// <param name="replicas">Replicas that share each batch; null for those that share this one's.</param>
    public virtual int BatchCountFrom(long start, int? replicas) => BatchCount;

    /// <summary>Makes the rest of an epoch all that is trained of it. Called before the first batch.</summary>
    /// <param name="epoch">The epoch.</param>
    /// <param name="start">Units that come before it.</param>
    public void StartWithin(int epoch, long start) => (PartEpoch, PartStart) = start == 0 ? (0, 0) : (epoch, start);

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
