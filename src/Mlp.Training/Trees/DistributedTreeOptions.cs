using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using Mlp.Training.Distributed.Collectives;

namespace Mlp.Training.Trees;

/// <summary>How replicas grow trees together: every replica gets the same trees.</summary>
public sealed class DistributedTreeOptions
{
    /// <summary>Replicas in this process, a thread each, 1 to 1,024; 1 where <see cref="Group"/> is given, whose ranks are the replicas. <see cref="TreeOptions.Threads"/> is divided by it.</summary>
    /// <value>The default value is 1.</value>
    [Range(1, 1024)]
    public int Replicas { get; set; } = 1;

    /// <summary>
    /// The group whose ranks train together, one in each process; this process trains as its rank. All ranks fit the same rows with the same settings, and each gets the trees. The group stays the caller's, who does nothing else
    /// with it while it trains.
    /// </summary>
    /// <value>The default value is null, which stands for replicas in this process.</value>
    [JsonIgnore]
    public ProcessGroup? Group { get; set; }

    /// <summary>What replicas share out.</summary>
    /// <value>The default value is <see cref="TreeLearner.Data"/>.</value>
    [EnumDataType(typeof(TreeLearner))]
    public TreeLearner Learner { get; set; } = TreeLearner.Data;

    /// <summary>
    /// How long <see cref="Replicas"/> of this process wait for one that does not come to what all do together, 1 ms to 7 days; then the training ends with a <see cref="CollectiveTimeoutException"/> that names it, as soon as that one is back:
    /// all work on the same rows in native memory. Progress that the caller is told of is waited for too. Ranks of a <see cref="Group"/> wait as long as its <see cref="ProcessGroupOptions.Timeout"/> says.
    /// </summary>
    /// <value>The default value is 30 minutes.</value>
    [Range(typeof(TimeSpan), "00:00:00.001", "7.00:00:00")]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromMinutes(30);

    /// <summary>How many train together.</summary>
    internal int WorldSize => Group?.WorldSize ?? Replicas;

    /// <summary>Takes the settings of another.</summary>
    internal void CopyFrom(DistributedTreeOptions other) => (Replicas, Group, Learner, Timeout) = (other.Replicas, other.Group, other.Learner, other.Timeout);
}
