namespace Mlp.Runtime.Kernels;

/// <summary>Which engine serves a version: a managed kernel for the numbers of rows where it is faster, ONNX Runtime for everything else. Immutable.</summary>
/// <param name="Kind">What the kernel computes; <see cref="KernelKind.None"/> without one.</param>
/// <param name="Reason">Why ONNX Runtime serves everything; null where a kernel serves something.</param>
/// <param name="Timings">What was measured at load, by number of rows; empty where it did not come to that.</param>
/// <param name="ComparedRowCount">Rows on which the kernel agreed with ONNX Runtime.</param>
public sealed record KernelDescription(KernelKind Kind, string? Reason, IReadOnlyList<KernelTiming> Timings, int ComparedRowCount)
{
    /// <summary>Whether the kernel's answers had the very bits of ONNX Runtime's on all rows, so that it makes no difference which engine serves.</summary>
    public bool HasSameBits { get; init; }

    /// <summary>Whether the kernel serves some number of rows.</summary>
    public bool IsInUse => Reason is null;

    /// <summary>Without a kernel.</summary>
    /// <param name="reason">Why.</param>
    internal static KernelDescription None(string reason) => new(KernelKind.None, reason, [], 0);

    /// <summary>Whether the kernel runs a number of rows: it was faster at the measured numbers next to it, below and above.</summary>
    /// <param name="rowCount">Number of rows, from 1.</param>
    public bool Serves(int rowCount)
    {
        if (!IsInUse || Timings.Count == 0)
        {
            return false;
        }

        var above = 0;
        while (above < Timings.Count - 1 && Timings[above].RowCount < rowCount)
        {
            above++;
        }

        return Timings[above].IsKernelFaster && (above == 0 || Timings[above].RowCount <= rowCount || Timings[above - 1].IsKernelFaster);
    }

    /// <summary>The description as a sentence.</summary>
    public override string ToString() => Reason ?? FormattableString.Invariant(
        $"A kernel ({Kind}) serves runs of {string.Join(", ", Timings.Where(t => t.IsKernelFaster).Select(t => FormattableString.Invariant($"{t.RowCount}")))} rows.");
}
