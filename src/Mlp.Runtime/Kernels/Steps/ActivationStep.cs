using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Mlp.Runtime.Kernels.Steps;

/// <summary>A function of each number.</summary>
/// <typeparam name="TFunction">The function.</typeparam>
/// <param name="source">The value to read.</param>
/// <param name="parameter">The function's parameter, where it has one.</param>
/// <param name="result">The value to write.</param>
internal sealed class ActivationStep<TFunction>(KernelValue source, float parameter, KernelValue result) : KernelStep
    where TFunction : struct, IActivation
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Run(KernelMemory memory) => Apply(memory.Of<float>(source), parameter, memory.Of<float>(result));

    /// <summary>The function without vectors, which tests compare with.</summary>
    /// <param name="sources">Numbers.</param>
    /// <param name="parameter">The function's parameter.</param>
    /// <param name="results">Receives its values.</param>
    public static void ApplyScalar(ReadOnlySpan<float> sources, float parameter, Span<float> results)
    {
        for (var i = 0; i < results.Length; i++)
        {
            results[i] = TFunction.Apply(sources[i], parameter);
        }
    }

    /// <summary>The function.</summary>
    /// <param name="sources">Numbers.</param>
    /// <param name="parameter">The function's parameter.</param>
    /// <param name="results">Receives its values; may be the same memory.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Apply(ReadOnlySpan<float> sources, float parameter, Span<float> results)
    {
        if (results.Length == 1)
        {
            results[0] = TFunction.Apply(Vector512.CreateScalar(sources[0]), parameter).ToScalar();
            return;
        }

        ref var from = ref MemoryMarshal.GetReference(sources[..results.Length]);
        ref var to = ref MemoryMarshal.GetReference(results);
        nuint i = 0;
        var length = (nuint)results.Length;
        for (; i + (nuint)Vector512<float>.Count <= length; i += (nuint)Vector512<float>.Count)
        {
            TFunction.Apply(Vector512.LoadUnsafe(ref from, i), parameter).StoreUnsafe(ref to, i);
        }

        if (i < length)
        {
            // What is left goes through the same function: a number has the same bits wherever it stands.
            Span<float> rest = stackalloc float[Vector512<float>.Count];
            sources[(int)i..results.Length].CopyTo(rest);
            TFunction.Apply(Vector512.Create<float>(rest), parameter).CopyTo(rest);
            rest[..(int)(length - i)].CopyTo(results[(int)i..]);
        }
    }
}
