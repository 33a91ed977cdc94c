namespace Mlp.Runtime.Accelerators;

/// <summary>What this process has for CUDA.</summary>
internal interface IAcceleratorProbe
{
    /// <summary>Whether the loaded ONNX Runtime was built with CUDA.</summary>
    bool HasCudaBuild { get; }

    /// <summary>Number of NVIDIA GPUs that the driver offers; 0 without a driver.</summary>
    int GpuCount { get; }
}
