namespace Mlp.Runtime.Kernels;

/// <summary>What a run cost when the version was loaded, on this machine: the least of a few.</summary>
/// <param name="RowCount">Rows of the run.</param>
/// <param name="OnnxRuntimeNanoseconds">Time of ONNX Runtime.</param>
/// <param name="KernelNanoseconds">Time of the kernel.</param>
/// <param name="IsKernelFaster">Whether the kernel took less than nine tenths of ONNX Runtime's time.</param>
public readonly record struct KernelTiming(int RowCount, double OnnxRuntimeNanoseconds, double KernelNanoseconds, bool IsKernelFaster);
