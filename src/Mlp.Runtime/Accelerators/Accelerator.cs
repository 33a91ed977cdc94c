namespace Mlp.Runtime.Accelerators;

/// <summary>Where a model runs. <see cref="AcceleratorOptions"/> says on which device and how.</summary>
public enum Accelerator
{
    /// <summary>On the processor. The default.</summary>
    Cpu,

    /// <summary>On an NVIDIA GPU; loading fails, saying what is missing, where there is no CUDA build of ONNX Runtime or no GPU.</summary>
    Cuda,

    /// <summary>On an NVIDIA GPU by TensorRT, with CUDA for what TensorRT cannot run; loading fails, saying what is missing, where one of them cannot be used.</summary>
    TensorRt,

    /// <summary>On an NVIDIA GPU by CUDA where everything for it is present, else on the processor; the model's description says which and why.</summary>
    Auto,
}
