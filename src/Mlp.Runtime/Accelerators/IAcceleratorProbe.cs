namespace Mlp.Runtime.Accelerators;

/// <summary>What this process has for GPUs.</summary>
internal interface IAcceleratorProbe
{
    /// <summary>Whether the loaded ONNX Runtime was built with CUDA.</summary>
    bool HasCudaBuild { get; }

    /// <summary>Whether the loaded ONNX Runtime was built with TensorRT.</summary>
    bool HasTensorRtBuild { get; }

    /// <summary>Number of NVIDIA GPUs that the driver offers; 0 without a driver.</summary>
    int GpuCount { get; }

    /// <summary>Asks ONNX Runtime to get ready for an accelerator: the libraries that it needs are looked for only now.</summary>
    /// <param name="choice">An accelerator whose build and GPU are there.</param>
    /// <exception cref="AcceleratorUnavailableException">A library is missing.</exception>
    /// <exception cref="AcceleratorOptionsException">It does not know an option, or its value.</exception>
    void Try(AcceleratorChoice choice);
}
