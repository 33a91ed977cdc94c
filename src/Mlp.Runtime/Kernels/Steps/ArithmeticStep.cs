using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Mlp.Runtime.Kernels.Steps;

/// <summary>An operation on two numbers, element by element.</summary>
/// <typeparam name="T">float or double.</typeparam>
/// <typeparam name="TOperation">The operation.</typeparam>
/// <param name="left">Its left side.</param>
/// <param name="right">Its right side.</param>
/// <param name="result">The value to write.</param>
internal sealed class ArithmeticStep<T, TOperation>(Operand<T> left, Operand<T> right, KernelValue result) : KernelStep
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
    where TOperation : struct, IArithmetic
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Run(KernelMemory memory)
    {
        var results = memory.Of<T>(result);
        Apply(left.Of(memory, results.Length), right.Of(memory, results.Length), results);
    }

    /// <summary>The operation without vectors, which tests compare with.</summary>
    /// <param name="lefts">Left sides.</param>
    /// <param name="rights">Right sides.</param>
    /// <param name="results">Receives the results.</param>
    public static void ApplyScalar(ReadOnlySpan<T> lefts, ReadOnlySpan<T> rights, Span<T> results)
    {
        for (var i = 0; i < results.Length; i++)
        {
            results[i] = TOperation.Apply(lefts[i], rights[i]);
        }
    }

    /// <summary>The operation.</summary>
    /// <param name="lefts">Left sides.</param>
    /// <param name="rights">Right sides.</param>
    /// <param name="results">Receives the results.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Apply(ReadOnlySpan<T> lefts, ReadOnlySpan<T> rights, Span<T> results)
    {
        ref var l = ref MemoryMarshal.GetReference(lefts[..results.Length]);
        ref var r = ref MemoryMarshal.GetReference(rights[..results.Length]);
        ref var z = ref MemoryMarshal.GetReference(results);
        nuint i = 0;
        var length = (nuint)results.Length;
        for (; i + (nuint)Vector512<T>.Count <= length; i += (nuint)Vector512<T>.Count)
        {
            TOperation.Apply(Vector512.LoadUnsafe(ref l, i), Vector512.LoadUnsafe(ref r, i)).StoreUnsafe(ref z, i);
        }

        for (; i < length; i++)
        {
            Unsafe.Add(ref z, i) = TOperation.Apply(Unsafe.Add(ref l, i), Unsafe.Add(ref r, i));
        }
    }
}
