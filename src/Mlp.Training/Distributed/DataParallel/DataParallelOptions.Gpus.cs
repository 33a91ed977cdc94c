namespace Mlp.Training.Distributed.DataParallel;

// Replicas on GPUs.
public sealed partial class DataParallelOptions
{
    /// <summary>
    /// Whether each visible GPU gets a replica in this process; <see cref="Replicas"/> is 1 then, and <see cref="Networks.NetworkOptions.Device"/> is <c>cuda</c>, or <c>auto</c> for one replica on the processor where there is no GPU.
    /// </summary>
    /// <value>The default value is false.</value>
    public bool ReplicaPerGpu { get; set; }
}
