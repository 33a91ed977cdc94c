namespace Mlp.Training.Distributed.DataParallel;

/// <summary>Is told, on the thread of one replica, what that replica does to bring gradients together.</summary>
internal interface IGradientObserver
{
    /// <summary>A bucket is complete on this replica and sets out.</summary>
    /// <param name="bucket">The bucket.</param>
    void Ready(int bucket);

    /// <summary>This replica is the last for which a bucket was complete: all others are there already.</summary>
    /// <param name="bucket">The bucket.</param>
    void Opened(int bucket);

    /// <summary>This replica begins to add up a piece of a bucket for all.</summary>
    /// <param name="bucket">The bucket.</param>
    void SumBegun(int bucket);

    /// <summary>The piece is added up.</summary>
    /// <param name="bucket">The bucket.</param>
    /// <param name="isWhole">Whether it was the last of its bucket, whose sums are on all replicas now.</param>
    void SumEnded(int bucket, bool isWhole);

    /// <summary>This replica has waited for the end of a step.</summary>
    /// <param name="lastRank">The replica that came last; this one where it was the last itself.</param>
    void Finished(int lastRank);
}
