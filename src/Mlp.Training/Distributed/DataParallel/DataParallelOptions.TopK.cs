using System.ComponentModel.DataAnnotations;

namespace Mlp.Training.Distributed.DataParallel;

/// <content>How few gradients travel.</content>
public sealed partial class DataParallelOptions
{
    /// <summary>Share of the gradients of each bucket that a rank sends with <see cref="GradientCompression.TopK"/>, 0.0001 to 0.5; one at least. It stays at its default otherwise.</summary>
    /// <value>The default value is 0.01.</value>
    [Range(0.0001, 0.5)]
    public double TopKShare { get; set; } = DefaultTopKShare;

    private IEnumerable<ValidationResult> CheckTopK()
    {
        if (Compression != GradientCompression.TopK)
        {
            yield break;
        }

        if (!ErrorFeedback)
        {
            yield return Failure(nameof(ErrorFeedback), "must be true with Compression TopK: without it, all but the largest gradients would be lost.");
        }

        if (BucketTuning.IsEnabled)
        {
            yield return Failure($"{nameof(BucketTuning)}.{nameof(BucketTuning.IsEnabled)}", "must be false with Compression TopK, which takes the largest of each bucket, so that other buckets are other sums.");
        }
    }
}
