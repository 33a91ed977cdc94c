using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using Mlp.Training.Distributed.Collectives;
using Mlp.Training.Distributed.DataParallel.Tuning;

namespace Mlp.Training.Distributed.DataParallel;

/// <summary>
/// How replicas of a network train together: each takes its share of the rows of a step, and their gradients are added up before the weights move. The batch size is that of one replica, so a
/// step has as many rows as there are replicas times <see cref="Networks.NetworkOptions.BatchSize"/>.
/// </summary>
public sealed partial class DataParallelOptions
{
    /// <summary>Replicas in this process, a thread each, 1 to 1,024; 1 where <see cref="Group"/> is given, whose ranks are the replicas.</summary>
    /// <value>The default value is 1.</value>
    [Range(1, 1024)]
    public int Replicas { get; set; } = 1;

    /// <summary>
    /// The group whose ranks train together, one in each process; this process trains as its rank. All ranks fit the same rows with the same settings, and each gets the trained network. The group
    /// stays the caller's, who does nothing else with it while it trains.
    /// </summary>
    /// <value>The default value is null, which stands for replicas in this process.</value>
    [JsonIgnore]
    public ProcessGroup? Group { get; set; }

    /// <summary>Bytes of gradients that travel together, 4,096 to 1,073,741,824. A parameter with more travels alone.</summary>
    /// <value>The default value is 4,194,304.</value>
    [Range(4096, 1 << 30)]
    public int BucketBytes { get; set; } = 4 << 20;

    /// <summary>Bytes of the bucket that travels first, 4,096 to 1,073,741,824: a small one sets out early.</summary>
    /// <value>The default value is 1,048,576.</value>
    [Range(4096, 1 << 30)]
    public int FirstBucketBytes { get; set; } = 1 << 20;

    /// <summary>Whether the first steps find out which size of buckets is the fastest.</summary>
    public BucketTuningOptions BucketTuning { get; private set; } = new();

    /// <summary>Whether gradients travel while the backward pass still computes others. Where libtorch cannot tell when a gradient is ready, and without it, they travel after the pass.</summary>
    /// <value>The default value is true.</value>
    public bool Overlap { get; set; } = true;

    /// <summary>
    /// Whether BatchNorm computes mean and variance of the rows of all replicas rather than of its own: exactly what one process computes for the whole batch, for four more messages per layer and
    /// step.
    /// </summary>
    /// <value>The default value is false.</value>
    public bool SyncBatchNorm { get; set; }

    /// <summary>How many train together.</summary>
    internal int WorldSize => Group?.WorldSize ?? Replicas;

    /// <summary>Whether there is one replica, and will be. A group of one rank, as of a program that was started once, counts as replicas: what would be shared out is then this rank's alone.</summary>
    internal bool IsAlone => Group is null && Elastic.Group is null && Replicas == 1 && !ReplicaPerGpu;

    internal DataParallelOptions Copy()
    {
        var copy = (DataParallelOptions)MemberwiseClone();
        copy.Elastic = Elastic.Copy();
        copy.Timeline = Timeline.Copy();
        copy.BucketTuning = BucketTuning.Copy();
        return copy;
    }
}
