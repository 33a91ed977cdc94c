namespace Mlp.Training.Distributed.DataParallel;

/// <summary>Which part of the flat weights the optimizer of each replica moves, where each keeps the state of its part alone. Immutable.</summary>
internal sealed class OptimizerShards
{
    // Kernels that compute vectors at a time compute the same bits wherever a part begins, so long as it begins at a whole number of them.
    private const int Unit = 64;

    private readonly Shard _shard;
    private readonly int _length;

    /// <summary>Cuts into nearly equal parts.</summary>
    /// <param name="shard">This replica among the others.</param>
    /// <param name="length">Weights.</param>
    public OptimizerShards(Shard shard, int length)
    {
        (_shard, _length) = (shard, length);
        Counts = [.. Enumerable.Range(0, shard.Count).Select(rank => PartOf(rank)).Select(part => part.End.Value - part.Start.Value)];
    }

    /// <summary>Weights of each replica's part, in the order of the ranks.</summary>
    public int[] Counts { get; }

    /// <summary>This replica's part.</summary>
    public Range Mine => PartOf(_shard.Rank);

    /// <summary>A replica's part.</summary>
    public Range PartOf(int rank)
    {
        var (units, shard) = ((_length + Unit - 1) / Unit, _shard with { Rank = rank });
        return (int)Math.Min(_length, shard.StartOf(units) * Unit)..(int)Math.Min(_length, shard.EndOf(units) * Unit);
    }
}
