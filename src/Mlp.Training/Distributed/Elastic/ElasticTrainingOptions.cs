using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;

namespace Mlp.Training.Distributed.Elastic;

/// <summary>How a training goes on when a replica is lost or joins.</summary>
public sealed class ElasticTrainingOptions
{
    /// <summary>
    /// This process's (or thread's) place among the members that train together; instead of <see cref="DataParallel.DataParallelOptions.Group"/> and <see cref="DataParallel.DataParallelOptions.Replicas"/>. The training
    /// joins when its rows are ready. It stays the caller's.
    /// </summary>
    /// <value>The default value is null: a replica that is lost ends the training of all.</value>
    [JsonIgnore]
    public ElasticGroup? Group { get; set; }

    /// <summary>Steps between two snapshots in memory, 1 to 1,000,000: so many are lost at most, and so often newcomers are looked for. A snapshot is also taken at the end of an epoch.</summary>
    /// <value>The default value is 50.</value>
    [Range(1, 1_000_000)]
    public int SnapshotEverySteps { get; set; } = 50;

    internal ElasticTrainingOptions Copy() => (ElasticTrainingOptions)MemberwiseClone();
}
