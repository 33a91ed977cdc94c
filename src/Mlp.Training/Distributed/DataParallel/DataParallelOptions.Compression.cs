using System.ComponentModel.DataAnnotations;
using System.Globalization;

namespace Mlp.Training.Distributed.DataParallel;

/// <content>What gradients are while they travel.</content>
public sealed partial class DataParallelOptions : IValidatableObject
{
    /// <summary>What gradients become while they travel between the ranks of <see cref="Group"/>: half the bytes. For replicas in one process, whose gradients do not travel, it is <see cref="GradientCompression.None"/>.</summary>
    /// <value>The default value is <see cref="GradientCompression.None"/>.</value>
    [EnumDataType(typeof(GradientCompression))]
    public GradientCompression Compression { get; set; } = GradientCompression.None;

    /// <summary>
    /// Whether each rank keeps what rounding has taken from its gradients and adds it to those of the next step, so that nothing is lost in the long run. It costs 4 bytes per weight, with
    /// <see cref="Networks.NetworkPrecision.Float16"/> 8. It stays true where nothing is rounded.
    /// </summary>
    /// <value>The default value is true.</value>
    public bool ErrorFeedback { get; set; } = true;

    /// <summary>The settings that change what is added up, by name; those that leave the plain sum are left out.</summary>
    internal IEnumerable<(string Name, string Value)> DescribeReduction()
    {
        if (Compression != GradientCompression.None)
        {
            yield return (nameof(Compression), Compression.ToString());
            yield return (nameof(ErrorFeedback), ErrorFeedback ? "true" : "false");
        }

        if (Adasum)
        {
            yield return (nameof(Adasum), "true");
        }

        if (Compression == GradientCompression.TopK)
        {
            yield return (nameof(TopKShare), TopKShare.ToString(CultureInfo.InvariantCulture));
        }

        if (Compression == GradientCompression.TopK || Adasum)
        {
            yield return (nameof(BucketBytes), BucketBytes.ToString(CultureInfo.InvariantCulture));
            yield return (nameof(FirstBucketBytes), FirstBucketBytes.ToString(CultureInfo.InvariantCulture));
        }

        if (LocalSteps > 1)
        {
            yield return (nameof(LocalSteps), LocalSteps.ToString(CultureInfo.InvariantCulture));
            yield return (nameof(AverageOptimizerState), AverageOptimizerState ? "true" : "false");
        }
    }

    /// <inheritdoc/>
    IEnumerable<ValidationResult> IValidatableObject.Validate(ValidationContext validationContext)
    {
        if (Compression != GradientCompression.None && Group is null && Elastic.Group is null)
        {
            yield return Failure(nameof(Compression), $"must be None for {(Replicas == 1 ? "one replica" : "replicas in this process")}, whose gradients do not travel, but is {Compression}.");
        }

        if (ShardOptimizer && IsAlone)
        {
            yield return Failure(nameof(ShardOptimizer), "must be false for one replica, whose part is the whole.");
        }

        if (ShardOptimizer && Elastic.Group is not null)
        {
            yield return Failure(nameof(ShardOptimizer), "must be false with Elastic.Group: the part of a replica that is lost would be lost with it.");
        }

        if (BucketTuning.ReportPath is not null && !BucketTuning.IsEnabled)
        {
            yield return Failure($"{nameof(BucketTuning)}.{nameof(BucketTuning.ReportPath)}", "must be null where nothing is measured (IsEnabled).");
        }

        foreach (var failure in CheckLocalSteps().Concat(CheckTopK()).Concat(CheckAdasum()).Concat(CheckWhatHasNoEffect()))
        {
            yield return failure;
        }
    }

    private static ValidationResult Failure(string setting, string sentence) => new($"{setting} {sentence}", [setting]);
}
