using System.Runtime.CompilerServices;

namespace Mlp.Runtime.Kernels.Steps;

/// <summary>Which integers are equal to constants.</summary>
/// <param name="source">The value to read, of int64.</param>
/// <param name="constants">One row of constants, or one for all columns.</param>
/// <param name="result">Truth values.</param>
internal sealed class EqualStep(KernelValue source, Operand<long> constants, KernelValue result) : KernelStep
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Run(KernelMemory memory)
    {
        var results = memory.Of<byte>(result);
        var sources = memory.Of<long>(source)[..results.Length];
        var wanted = constants.Of(memory, results.Length);
        for (var i = 0; i < results.Length; i++)
        {
            results[i] = sources[i] == wanted[i] ? (byte)1 : (byte)0;
        }
    }
}
