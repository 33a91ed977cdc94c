namespace Mlp.Training.Distributed.Scaling;

/// <summary>How devices of several hosts add up gradients.</summary>
public enum ReductionModel
{
    /// <summary>One ring through all devices.</summary>
    Ring,

    /// <summary>A ring in each host, and rings across hosts of a part for each device.</summary>
    Hierarchical,
}
