namespace Mlp.Training.Distributed.Diagnostics;

/// <summary>Why replicas spend much of their time on communication.</summary>
public enum CommunicationCause
{
    /// <summary>They do not.</summary>
    None,

    /// <summary>A host has more ranks than processors.</summary>
    Oversubscription,

    /// <summary>All wait for the same rank.</summary>
    SlowRank,

    /// <summary>Ranks take turns in coming last.</summary>
    UnevenSteps,

    /// <summary>Gradients travel after the backward pass, because <see cref="DataParallel.DataParallelOptions.Overlap"/> is off.</summary>
    OverlapOff,

    /// <summary>Gradients travel after the backward pass, because this libtorch cannot tell when they are ready.</summary>
    OverlapUnavailable,

    /// <summary>Many small buckets travel one after the other.</summary>
    SmallBuckets,

    /// <summary>There is more to move than the way between the ranks carries in the time.</summary>
    Bandwidth,
}
