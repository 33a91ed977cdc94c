using System.Runtime.CompilerServices;

namespace Mlp.Runtime.Kernels.Steps;

/// <summary>One of two numbers by a truth value.</summary>
/// <typeparam name="T">Element type.</typeparam>
/// <param name="condition">Truth values.</param>
/// <param name="ifTrue">What stands where it is true.</param>
/// <param name="ifFalse">What stands where it is not.</param>
/// <param name="result">The value to write.</param>
internal sealed class SelectStep<T>(KernelValue condition, Operand<T> ifTrue, Operand<T> ifFalse, KernelValue result) : KernelStep
    where T : unmanaged
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Run(KernelMemory memory)
    {
        var results = memory.Of<T>(result);
        var conditions = memory.Of<byte>(condition)[..results.Length];
        var yes = ifTrue.Of(memory, results.Length)[..results.Length];
        var no = ifFalse.Of(memory, results.Length)[..results.Length];
        for (var i = 0; i < results.Length; i++)
        {
            results[i] = conditions[i] != 0 ? yes[i] : no[i];
        }
    }
}
