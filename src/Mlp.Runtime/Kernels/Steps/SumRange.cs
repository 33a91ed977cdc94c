using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Mlp.Runtime.Kernels.Steps;

/// <summary>
/// How large the terms of a weighted sum may be for its order not to matter but in the last bits. If |x| ≤ X for all inputs, no partial sum of Σ x w + b exceeds X Σ |w| + |b|, in whichever order; X is chosen so that this is at most
/// half of the greatest number of the type. Infinite inputs are beyond it. NaN is not: a sum with a NaN is NaN in every order.
/// </summary>
internal static class SumRange
{
    /// <summary>The greatest X of all outputs.</summary>
    /// <param name="greatest">The greatest number of the type.</param>
    /// <param name="inputs">Number of inputs.</param>
    /// <param name="outputs">Number of outputs.</param>
    /// <param name="weightOf">The weight of an input in an output.</param>
    /// <param name="biasOf">What is added to an output.</param>
    /// <returns>0 or more; at most the greatest number.</returns>
    public static double LargestInput(double greatest, int inputs, int outputs, Func<int, int, double> weightOf, Func<int, double> biasOf)
    {
        var largest = greatest;
        for (var output = 0; output < outputs; output++)
        {
            var sum = 0.0;
            for (var input = 0; input < inputs; input++)
            {
                sum += Math.Abs(weightOf(input, output));
            }

            // A weight or a bias that is no finite number leaves 0: every row but one of zeros is then for ONNX Runtime.
            var room = (greatest / 2) - Math.Abs(biasOf(output)) is > 0 and var rest ? rest : 0;
            largest = sum == 0 ? largest : double.IsFinite(sum) ? Math.Min(largest, room / sum) : 0;
        }

        return largest;
    }

    /// <summary>Whether any number is larger than that, or infinite.</summary>
    /// <param name="x">Numbers.</param>
    /// <param name="largest">The greatest magnitude that is not beyond.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static bool IsBeyond<T>(ReadOnlySpan<T> x, T largest)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        ref var values = ref MemoryMarshal.GetReference(x);
        var length = (nuint)x.Length;
        nuint i = 0;
        if (length >= (nuint)Vector512<T>.Count)
        {
            var limit = Vector512.Create(largest);
            var beyond = Vector512<T>.Zero;
            for (; i + (nuint)Vector512<T>.Count <= length; i += (nuint)Vector512<T>.Count)
            {
                beyond |= Vector512.GreaterThan(Vector512.Abs(Vector512.LoadUnsafe(ref values, i)), limit);
            }

            if (beyond.AsByte() != Vector512<byte>.Zero)
            {
                return true;
            }
        }

        for (; i < length; i++)
        {
            if (T.Abs(Unsafe.Add(ref values, i)) > largest)
            {
                return true;
            }
        }

        return false;
    }
}
