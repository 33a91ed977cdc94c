namespace Mlp.Runtime.Accelerators;

/// <summary>Settings of the GPU that a model runs on. They say nothing to <see cref="Accelerator.Cpu"/>, which refuses them.</summary>
public sealed class AcceleratorOptions
{
    /// <summary>Which GPU, from 0, in the driver's order.</summary>
    /// <value>The default value is 0.</value>
    public int Device { get; set; }

    /// <summary>Bytes of device memory that the CUDA arena of a loaded version may take, at least 1 MiB; null for any. TensorRT's engines lie outside of it.</summary>
    /// <value>The default value is null.</value>
    public long? DeviceMemoryLimitBytes { get; set; }

    /// <summary>Whether a model is refused that has nodes which the GPU cannot run, instead of running these on the processor. Not for <see cref="Accelerator.Auto"/>.</summary>
    /// <value>The default value is false.</value>
    public bool RequireAllNodes { get; set; }

    /// <summary>
    /// ONNX Runtime's own options of the execution provider by their names, for example <c>cudnn_conv_algo_search</c> or <c>trt_fp16_enable</c>: names that begin with <c>trt_</c> go to TensorRT, all others to CUDA.
    /// They win over what is set here by default.
    /// </summary>
    public IDictionary<string, string> ProviderOptions { get; } = new Dictionary<string, string>(StringComparer.Ordinal);
}
