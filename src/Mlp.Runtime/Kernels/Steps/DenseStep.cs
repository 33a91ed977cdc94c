using System.Runtime.CompilerServices;

namespace Mlp.Runtime.Kernels.Steps;

/// <summary>Weighted sums of the columns of each row, in float32.</summary>
/// <param name="source">The value to read.</param>
/// <param name="weights">The weights.</param>
/// <param name="result">The value to write.</param>
internal sealed class DenseStep(KernelValue source, DenseWeights weights, KernelValue result) : KernelStep
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Run(KernelMemory memory)
    {
        var x = memory.Of<float>(source);
        memory.IsBeyondRange |= SumRange.IsBeyond(x, weights.LargestInput);
        DenseKernel.Multiply(x, memory.RowCount, weights, memory.Of<float>(result));
    }
}
