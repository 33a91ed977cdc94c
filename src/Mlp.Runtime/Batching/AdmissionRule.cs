using Mlp.Runtime.Inference;
using Mlp.Runtime.Predictions;

namespace Mlp.Runtime.Batching;

/// <summary>Refuses calls before they wait: where as many wait as may, and where a call could not be answered within its timeout. Immutable and thread-safe.</summary>
/// <param name="settings">The settings.</param>
/// <param name="served">The version, for messages.</param>
/// <param name="curve">What runs take.</param>
internal sealed class AdmissionRule(BatchingSettings settings, ServedModel served, CostCurve curve)
{
    /// <summary>Decides about one call.</summary>
    /// <param name="call">The call.</param>
    /// <param name="queue">Calls that wait.</param>
    /// <param name="timeLeft">Time until its deadline, nanoseconds.</param>
    /// <param name="running">Runs that go on.</param>
    /// <param name="rowsRunning">Rows in batches that run.</param>
    /// <returns>Why it may not wait; null if it may.</returns>
    public Exception? Refuse(QueuedCall call, DeadlineQueue queue, long timeLeft, int running, int rowsRunning)
    {
        var manifest = served.Manifest;
        if (queue.Count >= settings.MaximumQueueLength)
        {
            return new ModelOverloadedException(manifest.Name, manifest.Version, settings.LaneCount, queue.Count);
        }

        // All that wait are at least as many as come before it, and are known without counting.
        if (!call.HasTimeout || curve.Estimate(1) == 0 || ExpectedTime(queue.Count, running, rowsRunning) <= timeLeft)
        {
            return null;
        }

        var ahead = queue.CountBefore(call.Deadline);
        var expected = ExpectedTime(ahead, running, rowsRunning);
        return expected <= timeLeft
            ? null
            : new PredictionShedException(manifest.Name, manifest.Version, Time(expected), Time(Math.Max(0, timeLeft)), ahead);
    }

    /// <summary>When a call would be answered: the batches before it go through all lanes side by side, and if none is free, the first one is taken to be halfway through what it does.</summary>
    private long ExpectedTime(int rowsAhead, int running, int rowsRunning)
    {
        var rest = running < settings.LaneCount ? 0 : curve.Estimate(Math.Clamp(rowsRunning / running, 1, settings.MaximumBatchSize)) / 2;
        var (batches, others) = Math.DivRem(rowsAhead, settings.MaximumBatchSize);
        return rest + (curve.Estimate(settings.MaximumBatchSize) * batches / settings.LaneCount) + curve.Estimate(others + 1);
    }

    private static TimeSpan Time(long nanoseconds) => TimeSpan.FromTicks(nanoseconds / TimeSpan.NanosecondsPerTick);
}
