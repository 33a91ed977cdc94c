using System.ComponentModel.DataAnnotations;

namespace Mlp.Training.Distributed.DataParallel;

/// <content>Settings that would do nothing.</content>
public sealed partial class DataParallelOptions
{
    private const double DefaultTopKShare = 0.01;

    private IEnumerable<ValidationResult> CheckWhatHasNoEffect()
    {
        if (BucketTuning.IsEnabled && IsAlone)
        {
            yield return Failure($"{nameof(BucketTuning)}.{nameof(BucketTuning.IsEnabled)}", "must be false for one replica, whose gradients do not travel.");
        }

        if (!ErrorFeedback && Compression == GradientCompression.None)
        {
            yield return Failure(nameof(ErrorFeedback), $"must be true without {nameof(Compression)}, where nothing is rounded.");
        }

        if (TopKShare != DefaultTopKShare && Compression != GradientCompression.TopK)
        {
            yield return Failure(nameof(TopKShare), FormattableString.Invariant($"must be {DefaultTopKShare} with {nameof(Compression)} {Compression}, which lets all gradients travel, but is {TopKShare}."));
        }

        if (!AverageOptimizerState && LocalSteps == 1)
        {
            yield return Failure(nameof(AverageOptimizerState), $"must be true where {nameof(LocalSteps)} is 1, so that all replicas have the same state.");
        }
    }
}
