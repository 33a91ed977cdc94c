using System.ComponentModel.DataAnnotations;

namespace Mlp.Training.Networks;

/// <summary>Where and how often the whole state of a training is kept, so that it can go on after its process has died.</summary>
public sealed class CheckpointOptions
{
    /// <summary>The folder, which one training has for itself: checkpoints of another one are refused, and so is a training beside it. Made if it is not there.</summary>
    /// <value>The default value is null, which stands for no checkpoints.</value>
    public string? Directory { get; set; }

    /// <summary>Steps after which a checkpoint is written within an epoch, 0 to 1,000,000,000; 0 for none within.</summary>
    /// <value>The default value is 0.</value>
    [Range(0, 1_000_000_000)]
    public int EverySteps { get; set; }

    /// <summary>Epochs after which a checkpoint is written, 1 to 100,000.</summary>
    /// <value>The default value is 1.</value>
    [Range(1, 100_000)]
    public int EveryEpochs { get; set; } = 1;

    /// <summary>How many of the newest checkpoints are kept, 1 to 1,000.</summary>
    /// <value>The default value is 1.</value>
    [Range(1, 1000)]
    public int KeepLast { get; set; } = 1;

    /// <summary>How many of the best by <see cref="NetworkOptions.StopMetric"/> are kept beside, 0 to 1,000. Only those at the end of an epoch have a figure.</summary>
    /// <value>The default value is 1.</value>
    [Range(0, 1000)]
    public int KeepBest { get; set; } = 1;

    internal CheckpointOptions Copy() => (CheckpointOptions)MemberwiseClone();
}
