using System.Numerics;
using System.Runtime.CompilerServices;

namespace Mlp.Runtime.Kernels.Steps;

/// <summary>Numbers of one type as another: to the nearest where the other one is narrower.</summary>
/// <typeparam name="TFrom">float, double, long, or byte for truth values and statuses.</typeparam>
/// <typeparam name="TTo">float, double, long or byte.</typeparam>
/// <param name="source">The value to read.</param>
/// <param name="result">The value to write.</param>
internal sealed class CastStep<TFrom, TTo>(KernelValue source, KernelValue result) : KernelStep
    where TFrom : unmanaged, INumber<TFrom>
    where TTo : unmanaged, INumber<TTo>
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Run(KernelMemory memory)
    {
        var results = memory.Of<TTo>(result);
        var sources = memory.Of<TFrom>(source)[..results.Length];
        for (var i = 0; i < results.Length; i++)
        {
            results[i] = TTo.CreateTruncating(sources[i]);
        }
    }
}
