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
        var results = memory.Of<float>(result);
        Apply(memory.Of<float>(source), result.Width, results);
    }

    /// <summary>The function of several rows.</summary>
    /// <param name="rows">The numbers, shape (rows, width), row-major.</param>
    /// <param name="width">Columns.</param>
    /// <param name="results">Receives the result; may be the same memory.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Apply(ReadOnlySpan<float> rows, int width, Span<float> results)
    {
        for (var start = 0; start < results.Length; start += width)
        {
            var row = rows.Slice(start, width);
            var greatest = float.NegativeInfinity;
            foreach (var value in row)
            {
                greatest = value > greatest ? value : greatest;
            }

            for (var i = 0; i < width; i++)
            {
                results[start + i] = row[i] - greatest;
            }
        }

        ActivationStep<Activations.Exponential>.Apply(results, 0, results);
        for (var start = 0; start < results.Length; start += width)
        {
            var row = results.Slice(start, width);
            var sum = 0f;
            foreach (var value in row)
            {
                sum += value;
            }

            for (var i = 0; i < width; i++)
            {
                row[i] /= sum;
            }
        }
    }
}
