using Mlp.Training.Distributed.Collectives.Nccl;

namespace Mlp.Training.Distributed.Collectives;

// What only groups of GPUs need.
public sealed partial class ProcessGroupOptions
{
    /// <summary>Where NCCL lies, and which GPU this rank takes.</summary>
    public NcclOptions Nccl { get; set; } = new();
}
