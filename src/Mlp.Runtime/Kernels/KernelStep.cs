namespace Mlp.Runtime.Kernels;

/// <summary>
/// One operation of a kernel on a tile of rows. Stateless, so that all slots share it; it allocates nothing. Whoever overrides <see cref="Run"/> marks it as optimised at once: a kernel
/// is measured when it is loaded, and what the compiler improves later would come too late.
/// </summary>
internal abstract class KernelStep
{
    /// <summary>Computes the rows of the tile.</summary>
    /// <param name="memory">The values.</param>
    public abstract void Run(KernelMemory memory);
}
