namespace Mlp.Training.Distributed.DataParallel;

/// <content>Who keeps which part of the optimizer's state.</content>
public sealed partial class DataParallelOptions
{
    /// <summary>
    /// Whether each replica keeps only its part of the optimizer's state, moves its part of the weights and gets the others' (Rajbhandari et al., "ZeRO", 2020, stage 1): with AdamW 8 bytes per weight divided by the number of replicas. The weights are the same,
    /// bit for bit. In groups, weights travel once more in each step: half as many bytes again.
    /// </summary>
    /// <value>The default value is false.</value>
    public bool ShardOptimizer { get; set; }
}
