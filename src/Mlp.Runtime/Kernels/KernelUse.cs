namespace Mlp.Runtime.Kernels;

/// <summary>Whether a managed kernel may stand in for ONNX Runtime.</summary>
public enum KernelUse
{
    /// <summary>A kernel serves where the model has one, it agreed with ONNX Runtime at load, and it measured faster.</summary>
    Auto,

    /// <summary>
    /// As <see cref="Auto"/>, but the kernel must have agreed within 1e-6 (relative to values above 1) instead of 1e-5: for scores that several processes compute, each of which chooses its engine by its own measurement.
    /// </summary>
    Strict,

    /// <summary>ONNX Runtime serves everything.</summary>
    Off,
}
