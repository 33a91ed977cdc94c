using System.ComponentModel.DataAnnotations;

namespace Mlp.Training.Distributed.DataParallel;

/// <content>Steps that replicas take by themselves.</content>
public sealed partial class DataParallelOptions
{
    /// <summary>
    /// Steps that each replica takes by its own gradients before all take the mean of their weights (local SGD; Stich, "Local SGD Converges Fast and Communicates Little", ICLR 2019), 1 to 10,000: that many times fewer bytes, for weights that are not those of one
    /// replica with the whole batch. At the end of an epoch they take it too.
    /// </summary>
    /// <value>The default value is 1: gradients are added up in each step.</value>
    [Range(1, 10_000)]
    public int LocalSteps { get; set; } = 1;

    /// <summary>Whether replicas that take steps by themselves take the mean of the optimizer's state as well. Without it each keeps its own, and there are no checkpoints. It stays true where <see cref="LocalSteps"/> is 1.</summary>
    /// <value>The default value is true.</value>
    public bool AverageOptimizerState { get; set; } = true;

    private IEnumerable<ValidationResult> CheckLocalSteps()
    {
        if (LocalSteps == 1)
        {
            yield break;
        }

        if (IsAlone)
        {
            yield return Failure(nameof(LocalSteps), $"must be 1 for one replica, which has nobody to take a mean with, but is {LocalSteps}.");
        }

        (string Name, bool IsSet)[] others =
        [
            (nameof(Compression), Compression != GradientCompression.None),
            (nameof(ShardOptimizer), ShardOptimizer),
            ($"{nameof(BucketTuning)}.{nameof(BucketTuning.IsEnabled)}", BucketTuning.IsEnabled),
            (nameof(SyncBatchNorm), SyncBatchNorm),
            ($"{nameof(Elastic)}.{nameof(Elastic.Group)}", Elastic.Group is not null),
        ];
        foreach (var (name, _) in others.Where(o => o.IsSet))
        {
            yield return Failure(nameof(LocalSteps), $"must be 1 with {name}, which needs all replicas in each step, but is {LocalSteps}.");
        }
    }
}
