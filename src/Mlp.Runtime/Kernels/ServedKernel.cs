namespace Mlp.Runtime.Kernels;

/// <summary>The kernel of a loaded version, which has passed its trial. Immutable.</summary>
/// <param name="Program">The kernel.</param>
/// <param name="Description">Which numbers of rows it serves.</param>
internal sealed record ServedKernel(KernelProgram Program, KernelDescription Description);
