namespace Mlp.Training.Distributed.Collectives;

/// <summary>Is told of each call of a rank, on the thread that makes it: a call waits from <see cref="Begun"/> to <see cref="Met"/>, and moves bytes from there to <see cref="Ended"/>.</summary>
internal interface ICollectiveObserver
{
    /// <summary>A call has its turn.</summary>
    /// <param name="call">The call.</param>
    /// <param name="byteCount">Bytes of this rank's buffer, of the greater one where there are two.</param>
    void Begun(in CollectiveCall call, long byteCount);

    /// <summary>All ranks that take part have come to the call. Not told where a backend does not know.</summary>
    /// <param name="call">The call.</param>
    /// <param name="lastRank">The rank that the others have waited for; -1 where the backend does not know.</param>
    void Met(in CollectiveCall call, int lastRank);

    /// <summary>A call is over.</summary>
    /// <param name="call">The call.</param>
    /// <param name="failure">What it throws; null where all is well.</param>
    void Ended(in CollectiveCall call, Exception? failure);
}
