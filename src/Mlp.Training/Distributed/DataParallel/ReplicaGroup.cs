using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Mlp.Training.Distributed.Collectives;
using Mlp.Training.Distributed.Diagnostics;
using Mlp.Training.Distributed.Elastic;

namespace Mlp.Training.Distributed.DataParallel;

/// <summary>
/// One replica of a training among the others: what they decide, know and learn together. All replicas make the same calls in the same order. Where something is decided it is rank 0 that decides, so
/// that replicas on different machines never part. For one thread.
/// </summary>
internal sealed class ReplicaGroup : IDisposable
{
    private readonly ProcessGroup _group;

    /// <summary>Joins.</summary>
    /// <param name="group">The ranks that train together; stays the caller's.</param>
    /// <param name="options">Settings, equal on all ranks in what needs all.</param>
    /// <param name="isTold">Whether this replica tells callbacks and reports progress.</param>
    /// <param name="shared">Where the gradients of replicas in one process lie; null where they travel by the group.</param>
    public ReplicaGroup(ProcessGroup group, DataParallelOptions options, bool isTold, SharedGradients? shared = null)
    {
        (_group, Options, IsTold, Shared, Shard) = (group, options, isTold, shared, new(group.Rank, group.WorldSize));
    }

    public DataParallelOptions Options { get; }

    /// <summary>Whether this replica tells callbacks and reports progress.</summary>
    public bool IsTold { get; }

    /// <summary>Where the gradients of replicas in one process lie; null where they travel by the group.</summary>
    public SharedGradients? Shared { get; }

    /// <summary>Which part of what all share this replica takes.</summary>
    public Shard Shard { get; }

    /// <summary>Whether this replica decides, writes and reads what one does for all.</summary>
    public bool IsFirst => Shard.Rank == 0;

    /// <summary>Batch statistics of all replicas; null where each has its own, and before all agree.</summary>
    public SharedStatistics? Statistics { get; private set; }

    /// <summary>What batch statistics travel by; null for nothing, and before all agree.</summary>
    public ProcessGroup? StatisticsGroup { get; private set; }

    /// <summary>What the training goes back to where members of the group may be lost or join; null where they may not.</summary>
    public ElasticTraining? Elastic { get; init; }

    /// <summary>Measures the steps of this replica; null for nobody.</summary>
    public StepWatch? Watch { get; set; }

    /// <summary>What gradients travel by.</summary>
    public ProcessGroup Group => _group;

    /// <summary>Makes sure that all replicas are about to train the same, and then gets what they need for it.</summary>
    /// <param name="facts">What this replica knows of the training, by name; what decides the others first.</param>
    /// <exception cref="CollectiveMismatchException">Something differs; thrown on all ranks.</exception>
    public void Agree(IReadOnlyDictionary<string, string> facts)
    {
        ReplicaAgreement.Require(_group, facts);
        if (Options.SyncBatchNorm)
        {
            // Sums of a layer do not queue behind gradients that travel.
            StatisticsGroup = _group.Split([.. Enumerable.Range(0, _group.WorldSize)], $"{_group.Name}/batch-norm")!;
            Statistics = new(StatisticsGroup);
        }
    }

    /// <summary>Gives the values of rank 0 to all.</summary>
    public void Give<T>(Span<T> values, string what)
        where T : unmanaged
        => _group.Broadcast(values, 0, what);

    /// <summary>Gives what one rank knows to all.</summary>
    /// <typeparam name="T">What it is.</typeparam>
    /// <param name="value">What that rank knows; the others' is not looked at.</param>
    /// <param name="json">How it is written.</param>
    /// <param name="what">What errors call it.</param>
    /// <param name="root">The rank.</param>
    public T Give<T>(T value, JsonTypeInfo<T> json, string what, int root = 0)
    {
        var parts = _group.AllGatherUneven<byte>(Shard.Rank == root ? JsonSerializer.SerializeToUtf8Bytes(value, json) : [], what);
        return Shard.Rank == root ? value : JsonSerializer.Deserialize(parts[root], json)!;
    }

    /// <summary>Whether it is so on any replica.</summary>
    public bool Any(bool flag, string what)
    {
        Span<int> flags = [flag ? 1 : 0];
        _group.AllReduce(flags, ReduceOperation.Maximum, what);
        return flags[0] != 0;
    }

    /// <summary>Adds up, on every replica.</summary>
    public void Sum(Span<double> values, string what) => _group.AllReduce(values, ReduceOperation.Sum, what);

    /// <summary>Takes the mean, on every replica.</summary>
    public void Average(Span<float> values, string what) => _group.AllReduce(values, ReduceOperation.Average, what);

    /// <summary>The numbers of all replicas, in the order of the ranks.</summary>
    public double[] Gather(ReadOnlySpan<double> values, string what)
    {
        var all = new double[values.Length * Shard.Count];
        _group.AllGather(values, all, null, what);
        return all;
    }

    /// <summary>Puts the parts of all replicas together, on every replica.</summary>
    /// <param name="all">Room for all; this replica's part is at its place.</param>
    /// <param name="counts">Values of each replica's part.</param>
    /// <param name="what">What errors call it.</param>
    public void Gather(Span<float> all, int[] counts, string what)
    {
        var start = 0;
        for (var rank = 0; rank < Shard.Rank; rank++)
        {
            start += counts[rank];
        }

        _group.AllGather(all.Slice(start, counts[Shard.Rank]), all, counts, what);
    }

    /// <summary>The numbers of all replicas, in the order of the ranks.</summary>
    public ulong[][] Gather(ReadOnlySpan<ulong> values, string what)
    {
        var all = new long[values.Length * Shard.Count];
        if (values.Length > 0)
        {
            _group.AllGather(System.Runtime.InteropServices.MemoryMarshal.Cast<ulong, long>(values), all, null, what);
        }

        return [.. Enumerable.Range(0, Shard.Count).Select(rank => all.Skip(rank * (all.Length / Shard.Count)).Take(all.Length / Shard.Count).Select(v => (ulong)v).ToArray())];
    }

    /// <summary>Takes what is each replica's own to rank 0.</summary>
    /// <param name="mine">This one's; as many on all.</param>
    /// <param name="what">What errors call it.</param>
    /// <returns>A copy of each replica's, in the order of the ranks; nothing on other ranks.</returns>
    public float[][] Collect(ReadOnlySpan<float> mine, string what)
    {
        if (!IsFirst)
        {
            _group.Send(mine, 0, what);
            return [];
        }

        var all = new float[Shard.Count][];
        all[0] = mine.ToArray();
        for (var rank = 1; rank < all.Length; rank++)
        {
            all[rank] = new float[mine.Length];
            _group.Receive(all[rank].AsSpan(), rank, what);
        }

        return all;
    }

    /// <summary>Puts parts of the replicas together on rank 0.</summary>
    /// <param name="mine">This one's part.</param>
    /// <param name="counts">Values of each part.</param>
    /// <param name="what">What errors call it.</param>
    /// <returns>All parts, one after the other; nothing on other ranks.</returns>
    public float[] Collect(ReadOnlySpan<float> mine, int[] counts, string what)
    {
        if (!IsFirst)
        {
            _group.Send(mine, 0, what);
            return [];
        }

        var all = new float[counts.Sum()];
        mine.CopyTo(all);
        for (int rank = 1, start = counts[0]; rank < counts.Length; start += counts[rank++])
        {
            _group.Receive(all.AsSpan(start, counts[rank]), rank, what);
        }

        return all;
    }

    /// <summary>Gives each replica its part from rank 0.</summary>
    /// <param name="all">All parts, one after the other; of other ranks it is not looked at.</param>
    /// <param name="counts">Values of each part.</param>
    /// <param name="mine">Receives this one's part.</param>
    /// <param name="what">What errors call it.</param>
    public void Distribute(float[] all, int[] counts, Span<float> mine, string what)
    {
        if (!IsFirst)
        {
            _group.Receive(mine, 0, what);
            return;
        }

        all.AsSpan(0, mine.Length).CopyTo(mine);
        for (int rank = 1, start = counts[0]; rank < counts.Length; start += counts[rank++])
        {
            _group.Send<float>(all.AsSpan(start, counts[rank]), rank, what);
        }
    }

    /// <summary>Gives each replica what is its own from rank 0.</summary>
    /// <param name="all">Each replica's, in the order of the ranks; of other ranks it is not looked at.</param>
    /// <param name="mine">Receives this one's.</param>
    /// <param name="what">What errors call it.</param>
    public void Distribute(float[][] all, Span<float> mine, string what)
    {
        if (!IsFirst)
        {
            _group.Receive(mine, 0, what);
            return;
        }

        all[0].CopyTo(mine);
        for (var rank = 1; rank < all.Length; rank++)
        {
            _group.Send<float>(all[rank], rank, what);
        }
    }

    /// <summary>Leaves. The group of gradients stays the caller's.</summary>
    public void Dispose() => StatisticsGroup?.DisposeAsync().AsTask().GetAwaiter().GetResult();
}
