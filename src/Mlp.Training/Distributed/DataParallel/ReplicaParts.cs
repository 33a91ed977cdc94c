using System.Runtime.InteropServices;
using Mlp.Training.Distributed.DataParallel.Compression;
using Mlp.Training.Networks;

namespace Mlp.Training.Distributed.DataParallel;

/// <summary>
/// The large part of a training's state of which each replica has its own: what rounding has taken from its gradients, and the state of its optimizer where that is cut into parts. For a checkpoint rank 0 collects all, and gives each
/// its own when training goes on. Does nothing for one replica alone. For one thread.
/// </summary>
/// <param name="replicas">Those that train together; null for one alone.</param>
/// <param name="optimizer">This replica's optimizer.</param>
/// <param name="exchange">What they exchange; null for one alone.</param>
/// <param name="length">Weights.</param>
internal sealed class ReplicaParts(ReplicaGroup? replicas, FlatOptimizer optimizer, StepExchange? exchange, int length)
{
    // On rank 0, from when they are collected or read until they are written or given: residuals by rank, and whole states by place in the optimizer.
    private float[][] _residuals = [];
    private float[][] _states = [];

    /// <summary>What rounding of gradients remembers; null where they travel as they are.</summary>
    public CompressionState? Compression => exchange?.Compression;

    /// <summary>Whether the optimizer has a part of the state.</summary>
    public bool HasShards => exchange?.Shards is not null;

    private Span<float> Residuals => Compression is { } compression ? compression.Residuals : [];

    /// <summary>Takes all to rank 0. On all replicas.</summary>
    public void Collect()
    {
        if (!Residuals.IsEmpty)
        {
            _residuals = replicas!.Collect(Residuals, "residuals");
        }

        if (exchange?.Shards is { } shards)
        {
            _states = [.. optimizer.State.Select(s => replicas!.Collect(FlatParameters.Floats(s.Value), shards.Counts, $"optimizer.{s.Key}"))];
        }
    }

    /// <summary>Makes room for what a checkpoint holds. On rank 0.</summary>
    public void Prepare()
    {
        if (!Residuals.IsEmpty)
        {
            _residuals = [.. Enumerable.Range(0, replicas!.Shard.Count).Select(_ => new float[length])];
        }

        if (HasShards)
        {
            _states = [.. optimizer.State.Select(_ => new float[length])];
        }
    }

    /// <summary>Gives each replica its own from rank 0, which has read it. On all replicas.</summary>
    public void Distribute()
    {
        if (!Residuals.IsEmpty)
        {
            replicas!.Distribute(_residuals, Residuals, "residuals");
        }

        if (exchange?.Shards is { } shards)
        {
            for (var i = 0; i < optimizer.State.Count; i++)
            {
                replicas!.Distribute(replicas.IsFirst ? _states[i] : [], shards.Counts, FlatParameters.Floats(optimizer.State[i].Value), $"optimizer.{optimizer.State[i].Key}");
            }
        }

        Forget();
    }

    /// <summary>Visits what rank 0 has.</summary>
    public void Each(TensorBytes visit)
    {
        for (var rank = 0; rank < _residuals.Length; rank++)
        {
            visit(FormattableString.Invariant($"replicas.residuals.{rank}"), MemoryMarshal.AsBytes(_residuals[rank].AsSpan()));
        }

        for (var i = 0; i < _states.Length; i++)
        {
            visit($"optimizer.{optimizer.State[i].Key}", MemoryMarshal.AsBytes(_states[i].AsSpan()));
        }
    }

    /// <summary>Frees what was collected.</summary>
    public void Forget() => (_residuals, _states) = ([], []);
}
