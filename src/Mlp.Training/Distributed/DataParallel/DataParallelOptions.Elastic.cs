using Mlp.Training.Distributed.Collectives;
using Mlp.Training.Distributed.Elastic;

namespace Mlp.Training.Distributed.DataParallel;

// Replicas that may be lost and may join.
public sealed partial class DataParallelOptions
{
    /// <summary>How training goes on when a replica is lost or joins.</summary>
    public ElasticTrainingOptions Elastic { get; private set; } = new();

    /// <summary>The settings of one generation of an elastic group.</summary>
    /// <param name="group">Its ranks.</param>
    internal DataParallelOptions For(ProcessGroup group)
    {
        var copy = Copy();
        copy.Group = group;
        return copy;
    }
}
