using Microsoft.ML.OnnxRuntime;
using Mlp.Runtime.Accelerators.Interop;

namespace Mlp.Runtime.Accelerators;

/// <summary>Asks ONNX Runtime and the CUDA driver.</summary>
internal sealed class AcceleratorProbe : IAcceleratorProbe
{
    private const string CudaProvider = "CUDAExecutionProvider";

    /// <inheritdoc/>
    public bool HasCudaBuild => OrtEnv.Instance().GetAvailableProviders().Contains(CudaProvider, StringComparer.Ordinal);

    /// <inheritdoc/>
    public int GpuCount => CudaDriver.CountDevices();
}
