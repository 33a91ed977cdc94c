using Mlp.Training.Distributed.Launch;

namespace Mlp.Training.Distributed.Collectives.Tcp;

/// <summary>Chooses which way the values of a call take. All ranks choose alike, since it follows from what they agree about.</summary>
/// <param name="transport">Settings.</param>
/// <param name="isDeterministic">Whether sums are made in the order of ranks.</param>
/// <param name="worldSize">Ranks of the group.</param>
/// <param name="isHierarchy">Whether there are several hosts, one of them with several ranks.</param>
internal sealed class AlgorithmChoice(TransportOptions transport, bool isDeterministic, int worldSize, bool isHierarchy)
{
    /// <summary>Below so many bytes a ring's step takes its latency rather than its bytes' time.</summary>
    private const int RingPartBytes = 1 << 14;

    private bool PrefersNeighbours => transport.Algorithm switch
    {
        ReductionAlgorithm.Direct => false,
        ReductionAlgorithm.Ring or ReductionAlgorithm.HalvingDoubling => true,
        _ => worldSize > transport.MeshLimit,
    };

    /// <summary>Chooses.</summary>
    /// <param name="call">The call.</param>
    /// <param name="byteCount">Bytes of the values.</param>
    public ReductionAlgorithm Of(in CollectiveCall call, long byteCount) => worldSize == 1 ? ReductionAlgorithm.Direct : call.Kind switch
    {
        CollectiveKind.AllReduce => OfAllReduce(call.Element, byteCount),
        CollectiveKind.ReduceScatter or CollectiveKind.Reduce when isDeterministic => ReductionAlgorithm.Direct,
        CollectiveKind.AllToAll => ReductionAlgorithm.Direct,
        CollectiveKind.Barrier when PrefersNeighbours => ReductionAlgorithm.HalvingDoubling,
        _ => PrefersNeighbours ? ReductionAlgorithm.Ring : ReductionAlgorithm.Direct,
    };

    private ReductionAlgorithm OfAllReduce(ElementType element, long byteCount)
    {
        if (isDeterministic)
        {
            // Along a ring narrow types would be rounded at each rank.
            return PrefersNeighbours && !ElementTypes.IsNarrow(element) ? ReductionAlgorithm.Ring : ReductionAlgorithm.Direct;
        }

        return transport.Algorithm switch
        {
            ReductionAlgorithm.Hierarchical or ReductionAlgorithm.Auto when isHierarchy && (PrefersNeighbours || byteCount > transport.DirectBytes) => ReductionAlgorithm.Hierarchical,
            ReductionAlgorithm.Hierarchical or ReductionAlgorithm.Auto when PrefersNeighbours => OfFlat(byteCount, worldSize),
            ReductionAlgorithm.Ring or ReductionAlgorithm.HalvingDoubling => transport.Algorithm,
            _ => ReductionAlgorithm.Direct,
        };
    }

    /// <summary>Chooses between ring and halving for ranks that all have the same way to each other.</summary>
    public static ReductionAlgorithm OfFlat(long byteCount, int ranks) => byteCount > (long)ranks * RingPartBytes ? ReductionAlgorithm.Ring : ReductionAlgorithm.HalvingDoubling;
}
