using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Mlp.Runtime.Kernels.Steps;

/// <summary>Weighted sums of the columns of each row, in float64.</summary>
/// <param name="source">The value to read.</param>
/// <param name="weights">Shape (outputs, inputs), row-major.</param>
/// <param name="bias">One number per output.</param>
/// <param name="result">The value to write.</param>
internal sealed class DenseDoubleStep(KernelValue source, double[] weights, double[] bias, KernelValue result) : KernelStep
{
    private readonly double _largestInput = SumRange.LargestInput(double.MaxValue, source.Width, bias.Length, (input, output) => weights[(output * source.Width) + input], output => bias[output]);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Run(KernelMemory memory)
    {
        var sources = memory.Of<double>(source);
        memory.IsBeyondRange |= SumRange.IsBeyond(sources, _largestInput);
        var results = memory.Of<double>(result);
        var width = source.Width;
        for (var row = 0; row < memory.RowCount; row++)
        {
            for (var output = 0; output < bias.Length; output++)
            {
                results[(row * bias.Length) + output] = Dot(sources.Slice(row * width, width), weights.AsSpan(output * width, width)) + bias[output];
            }
        }
    }

    /// <summary>Σ x w.</summary>
    /// <param name="x">Numbers.</param>
    /// <param name="w">As many weights.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static double Dot(ReadOnlySpan<double> x, ReadOnlySpan<double> w)
    {
        ref var xs = ref MemoryMarshal.GetReference(x);
        ref var ws = ref MemoryMarshal.GetReference(w[..x.Length]);
        var sums = Vector512<double>.Zero;
        nuint i = 0;
        for (; i + 8 <= (nuint)x.Length; i += 8)
        {
            sums = Vector512.FusedMultiplyAdd(Vector512.LoadUnsafe(ref xs, i), Vector512.LoadUnsafe(ref ws, i), sums);
        }

        var sum = Vector512.Sum(sums);
        for (; i < (nuint)x.Length; i++)
        {
            sum += Unsafe.Add(ref xs, i) * Unsafe.Add(ref ws, i);
        }

        return sum;
    }
}
