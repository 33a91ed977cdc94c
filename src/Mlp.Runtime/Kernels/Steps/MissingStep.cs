using System.Numerics;
using System.Runtime.CompilerServices;

namespace Mlp.Runtime.Kernels.Steps;

/// <summary>Which numbers are NaN.</summary>
/// <typeparam name="T">float or double.</typeparam>
/// <param name="source">The value to read.</param>
/// <param name="result">Truth values.</param>
internal sealed class MissingStep<T>(KernelValue source, KernelValue result) : KernelStep
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Run(KernelMemory memory)
    {
        var results = memory.Of<byte>(result);
        var sources = memory.Of<T>(source)[..results.Length];
        for (var i = 0; i < results.Length; i++)
        {
            results[i] = T.IsNaN(sources[i]) ? (byte)1 : (byte)0;
        }
    }
}
