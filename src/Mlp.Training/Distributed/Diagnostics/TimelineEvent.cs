namespace Mlp.Training.Distributed.Diagnostics;

/// <summary>Something that has happened on a rank.</summary>
/// <param name="Name">What it is.</param>
/// <param name="Rank">The rank, which timelines show as a process.</param>
/// <param name="IsCommunication">Whether the group's own thread did it; otherwise the replica's.</param>
/// <param name="Begin">When it began, in nanoseconds since the timeline did.</param>
/// <param name="End">When it was over; the same for what takes no time.</param>
internal readonly record struct TimelineEvent(string Name, int Rank, bool IsCommunication, long Begin, long End)
{
    /// <summary>What it was about: the name of values, the name of a bucket's state; null for nothing.</summary>
    public string? Subject { get; init; }

    /// <summary>The step; 0 for none.</summary>
    public long Step { get; init; }

    /// <summary>The bucket; -1 for none.</summary>
    public int Bucket { get; init; } = -1;

    /// <summary>Bytes; -1 where there are none.</summary>
    public long ByteCount { get; init; } = -1;

    /// <summary>The rank that came last; -1 where nobody knows.</summary>
    public int LastRank { get; init; } = -1;
}
