using System.Runtime.CompilerServices;

namespace Mlp.Runtime.Kernels.Steps;

/// <summary>Columns of one value or of several, side by side.</summary>
/// <typeparam name="T">Element type.</typeparam>
/// <param name="parts">The values, and which column of each stands where.</param>
/// <param name="result">The value to write.</param>
internal sealed class ColumnsStep<T>(IReadOnlyList<ColumnsStep<T>.Part> parts, KernelValue result) : KernelStep
    where T : unmanaged
{
    private readonly Part[] _parts = [.. parts];

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Run(KernelMemory memory)
    {
        var results = memory.Of<T>(result);
        foreach (var part in _parts)
        {
            var sources = memory.Of<T>(part.Source);
            var (from, to) = (part.First, part.Position);
            for (var row = 0; row < memory.RowCount; row++)
            {
                if (part.Count == 1)
                {
                    results[to] = sources[from];
                }
                else
                {
                    sources.Slice(from, part.Count).CopyTo(results[to..]);
                }

                from += part.Source.Width;
                to += result.Width;
            }
        }
    }

    /// <summary>Columns that lie side by side in both values.</summary>
    /// <param name="Source">The value to read.</param>
    /// <param name="First">First column of it.</param>
    /// <param name="Count">Columns.</param>
    /// <param name="Position">First column of the result.</param>
    internal readonly record struct Part(KernelValue Source, int First, int Count, int Position);
}
