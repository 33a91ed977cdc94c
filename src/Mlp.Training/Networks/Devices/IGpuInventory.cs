namespace Mlp.Training.Networks.Devices;

/// <summary>What GPUs libtorch can use here.</summary>
internal interface IGpuInventory
{
    /// <summary>Whether this libtorch is a build with CUDA.</summary>
    bool HasCuda { get; }

    /// <summary>GPUs that are visible; <c>CUDA_VISIBLE_DEVICES</c> says which.</summary>
    int Count { get; }
}
