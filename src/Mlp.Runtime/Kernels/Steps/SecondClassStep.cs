using System.Runtime.CompilerServices;

namespace Mlp.Runtime.Kernels.Steps;

/// <summary>Two columns out of the one of the second class: 1 - s and s.</summary>
/// <param name="source">The value to read.</param>
/// <param name="result">The value to write.</param>
internal sealed class SecondClassStep(KernelValue source, KernelValue result) : KernelStep
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Run(KernelMemory memory)
    {
        var sources = memory.Of<float>(source);
        var results = memory.Of<float>(result);
        for (var i = 0; i < sources.Length; i++)
        {
            results[2 * i] = 1 - sources[i];
            results[(2 * i) + 1] = sources[i];
        }
    }
}
