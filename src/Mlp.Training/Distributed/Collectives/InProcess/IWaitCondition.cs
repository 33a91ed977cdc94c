namespace Mlp.Training.Distributed.Collectives.InProcess;

/// <summary>What a rank waits for.</summary>
internal interface IWaitCondition
{
    /// <summary>A rank that is waited for now; -1 for none.</summary>
    int Awaited { get; }

    /// <summary>Whether a rank is waited for now.</summary>
    /// <param name="rank">The rank.</param>
    bool IsMissing(int rank);

    /// <summary>Why it cannot come true any more, though nobody has left; null where it may.</summary>
    /// <param name="call">The call in which it is waited for.</param>
    CollectiveException? FindContradiction(in CollectiveCall call);
}
