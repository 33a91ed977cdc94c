using System.Diagnostics;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Models;

namespace Mlp.Runtime.Versions;

/// <summary>A row that a model can run: its first golden row, which has texts that the model knows, or else zeros. Thread-safe.</summary>
/// <param name="golden">The golden rows; null for zeros.</param>
internal sealed class WarmUpRow(GoldenRows? golden)
{
    private const int TimedRuns = 5;

    /// <summary>Runs the row once, which binds the slot, so that the first call is like any other.</summary>
    /// <param name="slot">The slot.</param>
    public void Run(InferenceSlot slot)
    {
        if (golden is not null)
        {
            GoldenRowCheck.Fill(golden, 0, slot);
        }
        else
        {
            slot.Rows.Reset(1);
            slot.Rows.Float32.Clear();
            slot.Rows.Float64.Clear();
        }

        slot.Run(interruptible: false, CancellationToken.None);
    }

    /// <summary>Runs the row some times.</summary>
    /// <param name="slot">The slot.</param>
    /// <returns>The quickest, nanoseconds.</returns>
    public long Measure(InferenceSlot slot)
    {
        var quickest = long.MaxValue;
        for (var i = 0; i < TimedRuns; i++)
        {
            // A measurement of this machine, not a time that anything is decided or logged by.
            var started = Stopwatch.GetTimestamp();
            Run(slot);
            quickest = Math.Min(quickest, Math.Max(1, (long)Stopwatch.GetElapsedTime(started).TotalNanoseconds));
        }

        return quickest;
    }
}
