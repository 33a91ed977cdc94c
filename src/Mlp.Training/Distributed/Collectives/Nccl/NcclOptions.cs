using System.ComponentModel.DataAnnotations;

namespace Mlp.Training.Distributed.Collectives.Nccl;

/// <summary>Where NCCL and the CUDA runtime lie, and which GPU a rank takes.</summary>
public sealed class NcclOptions
{
    /// <summary>The file of NCCL.</summary>
    /// <value>The default value is null, which stands for <c>libnccl.so.2</c>, <c>libnccl.so</c>, and the <c>libtorch_cuda.so</c> that is loaded.</value>
    public string? LibraryPath { get; set; }

    /// <summary>The file of the CUDA runtime.</summary>
    /// <value>The default value is null, which stands for that of the <c>libtorch_cuda.so</c> that is loaded, and <c>libcudart.so</c> of version 13, 12 or any.</value>
    public string? CudaLibraryPath { get; set; }

    /// <summary>Number of this rank's GPU among those that are visible (<c>CUDA_VISIBLE_DEVICES</c>), 0 to 1,023. Only for a rank that is a process.</summary>
    /// <value>The default value is null, which stands for the launcher's <c>LOCAL_RANK</c>, or 0 where only one GPU is visible or the launcher says nothing.</value>
    [Range(0, 1023)]
    public int? Device { get; set; }
}
