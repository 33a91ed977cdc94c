namespace Mlp.Runtime.Kernels;

/// <summary>Whether a managed kernel may stand in for ONNX Runtime.</summary>
public enum KernelUse
{
    /// <summary>A kernel serves where the model has one, it agreed with ONNX Runtime at load, and it measured faster.</summary>
    Auto,

    /// <summary>ONNX Runtime serves everything.</summary>
    Off,
}
