using System.ComponentModel.DataAnnotations;

namespace Mlp.Training.Distributed.DataParallel;

/// <content>How gradients of replicas become those of the step.</content>
public sealed partial class DataParallelOptions
{
    /// <summary>
    /// Whether gradients of the ranks of <see cref="Group"/> are combined by how far they point the same way rather than added up (Maleki et al., "Scaling Distributed Training with Adaptive Summation", 2020): equal ones become their mean, orthogonal ones their sum, layer by
    /// layer. So the learning rate of one replica fits many. Gradients travel after the backward pass.
    /// </summary>
    /// <value>The default value is false.</value>
    public bool Adasum { get; set; }

    private IEnumerable<ValidationResult> CheckAdasum()
    {
        if (!Adasum)
        {
            yield break;
        }

        if (Group is null && Elastic.Group is null)
        {
            yield return Failure(nameof(Adasum), $"must be false for {(Replicas == 1 ? "one replica" : "replicas in this process")}, whose gradients do not travel.");
        }

        (string Name, bool IsSet)[] others =
            [(nameof(Compression), Compression != GradientCompression.None), (nameof(LocalSteps), LocalSteps > 1), ($"{nameof(BucketTuning)}.{nameof(BucketTuning.IsEnabled)}", BucketTuning.IsEnabled)];
        foreach (var (name, _) in others.Where(o => o.IsSet))
        {
            yield return Failure(nameof(Adasum), $"must be false with {name}, which goes with sums.");
        }
    }
}
