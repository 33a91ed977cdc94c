using Microsoft.ML.OnnxRuntime;
using Mlp.Runtime.Accelerators.Interop;

namespace Mlp.Runtime.Accelerators;

/// <summary>Asks ONNX Runtime and the CUDA driver.</summary>
internal sealed class AcceleratorProbe : IAcceleratorProbe
{
    /// <inheritdoc/>
    public bool HasCudaBuild => Has("CUDAExecutionProvider");

    /// <inheritdoc/>
    public bool HasTensorRtBuild => Has("TensorrtExecutionProvider");

    /// <inheritdoc/>
    public int GpuCount => CudaDriver.CountDevices();

    /// <inheritdoc/>
    public void Try(AcceleratorChoice choice)
    {
        using var options = new SessionOptions();
        SessionProviders.Append(options, choice);
    }

    private static bool Has(string provider) => OrtEnv.Instance().GetAvailableProviders().Contains(provider, StringComparer.Ordinal);
}
