namespace Mlp.Training.Distributed.Launch;

/// <summary>Which way values take between processes.</summary>
public enum ReductionAlgorithm
{
    /// <summary>Chosen for each call, by its size, the number of ranks and their hosts, and <see cref="Collectives.ProcessGroupOptions.Deterministic"/>.</summary>
    Auto,

    /// <summary>Each rank gets a part of the values from every other, reduces it and gives it back: two steps, a connection for each pair of ranks.</summary>
    Direct,

    /// <summary>Ranks stand in a ring and each gives to the next: 2(N - 1) steps for N ranks, of which each sends and receives 2(N - 1)/N of the values; two neighbours for each rank.</summary>
    Ring,

    /// <summary>Ranks exchange halves, quarters, eighths with ranks at half, a quarter, an eighth of the distance, and back: 2 log₂ N steps, for short values.</summary>
    HalvingDoubling,

    /// <summary>Ranks of a host reduce among themselves, hosts exchange the outcome, a part for each rank, and each host shares it.</summary>
    Hierarchical,
}
