namespace Mlp.Training.Distributed.DataParallel;

/// <summary>Which part of what all replicas share one of them takes: parts are nearly equal, without gaps, in the order of the ranks.</summary>
/// <param name="Rank">The replica, from 0.</param>
/// <param name="Count">Replicas.</param>
internal readonly record struct Shard(int Rank, int Count)
{
    /// <summary>The only replica, which takes all.</summary>
    public static Shard Whole { get; } = new(0, 1);

    /// <summary>The first of <paramref name="total"/> things that this replica takes.</summary>
    public long StartOf(long total) => (long)((Int128)total * Rank / Count);

    /// <summary>The one behind the last that it takes.</summary>
    public long EndOf(long total) => (long)((Int128)total * (Rank + 1) / Count);

    /// <summary>Things that the largest part of at most <paramref name="total"/> has.</summary>
    public long LargestOf(long total) => (total + Count - 1) / Count;
}
