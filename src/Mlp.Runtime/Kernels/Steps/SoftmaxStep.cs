using System.Runtime.CompilerServices;

namespace Mlp.Runtime.Kernels.Steps;

/// <summary>exp(x - m) / Σ exp(x - m) over the columns of each row, with m the greatest of them. A row with NaN, or with +∞, is NaN.</summary>
/// <param name="source">The value to read.</param>
/// <param name="result">The value to write.</param>
internal sealed class SoftmaxStep(KernelValue source, KernelValue result) : KernelStep
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Run(KernelMemory memory)
    {
        var sources = memory.Of<float>(source);
        var results = memory.Of<float>(result);
        var width = result.Width;
        for (var start = 0; start < results.Length; start += width)
        {
            Apply(sources.Slice(start, width), results.Slice(start, width));
        }
    }

    /// <summary>The function of one row.</summary>
    /// <param name="row">The numbers.</param>
    /// <param name="results">Receives the result; may be the same memory.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Apply(ReadOnlySpan<float> row, Span<float> results)
    {
        var greatest = float.NegativeInfinity;
        foreach (var value in row)
        {
            greatest = value > greatest ? value : greatest;
        }

        var sum = 0f;
        for (var i = 0; i < row.Length; i++)
        {
            results[i] = MathF.Exp(row[i] - greatest);
            sum += results[i];
        }

        for (var i = 0; i < row.Length; i++)
        {
            results[i] /= sum;
        }
    }
}
