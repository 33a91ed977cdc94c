using System.ComponentModel.DataAnnotations;

namespace Mlp.Training.Distributed.DataParallel;

/// <content>How long replicas wait for each other.</content>
public sealed partial class DataParallelOptions
{
    /// <summary>
    /// How long <see cref="Replicas"/> of this process wait for one that does not come to what all do together, 1 ms to 7 days; then the training ends with a <see cref="Collectives.CollectiveTimeoutException"/> that names it. Callbacks and checkpoints of
    /// one replica are waited for too, so it is longer than they take. Ranks of a <see cref="Group"/> wait as long as its <see cref="Collectives.ProcessGroupOptions.Timeout"/> says.
    /// </summary>
    /// <value>The default value is 30 minutes.</value>
    [Range(typeof(TimeSpan), "00:00:00.001", "7.00:00:00")]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromMinutes(30);
}
