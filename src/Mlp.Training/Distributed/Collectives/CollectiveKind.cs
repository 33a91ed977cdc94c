namespace Mlp.Training.Distributed.Collectives;

/// <summary>The calls that ranks make together. The numbers travel between processes and never change.</summary>
public enum CollectiveKind
{
    /// <summary>Every rank gets the reduced values.</summary>
    AllReduce = 1,

    /// <summary>Every rank gets its part of the reduced values.</summary>
    ReduceScatter = 2,

    /// <summary>Every rank gets the values of all, one after the other.</summary>
    AllGather = 3,

    /// <summary>Every rank gets the values of one.</summary>
    Broadcast = 4,

    /// <summary>One rank gets the reduced values.</summary>
    Reduce = 5,

    /// <summary>Every rank gets a part of each rank's values.</summary>
    AllToAll = 6,

    /// <summary>Every rank waits for all.</summary>
    Barrier = 7,

    /// <summary>One rank gives values to another.</summary>
    Send = 8,

    /// <summary>One rank takes values from another.</summary>
    Receive = 9,

    /// <summary>Ranks form a smaller group.</summary>
    Split = 10,
}
