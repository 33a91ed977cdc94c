namespace Mlp.Monitoring.PredictionLog;

/// <summary>The counts of one model version, striped so that callers on different cores do not meet. Thread-safe, never allocates on counting.</summary>
internal sealed class LogCounters
{
    private const int ReasonCount = (int)DropReason.Disk + 1;

    private readonly PaddedCounter[] _accepted;
    private readonly PaddedCounter[] _dropped;
    private readonly PaddedCounter[] _sampledOut;
    private PaddedCounter _written;
    private long _clockSetBacks;
    private long _failedListeners;

    /// <summary>Creates counters at 0.</summary>
    /// <param name="stripes">Number of stripes.</param>
    public LogCounters(int stripes)
    {
        _accepted = new PaddedCounter[stripes];
        _dropped = new PaddedCounter[stripes * ReasonCount];
        _sampledOut = new PaddedCounter[stripes];
    }

    /// <summary>Counts a prediction that the log was told of and that got into no ring, whose claims count the others.</summary>
    public void Accept(int stripe) => Interlocked.Increment(ref _accepted[stripe].Value);

    /// <summary>Counts predictions that were given up.</summary>
    public void Drop(int stripe, DropReason reason, long count = 1) => Interlocked.Add(ref _dropped[(stripe * ReasonCount) + (int)reason].Value, count);

    /// <summary>Counts predictions that sampling left out.</summary>
    public void LeaveOut(int stripe, long count = 1) => Interlocked.Add(ref _sampledOut[stripe].Value, count);

    /// <summary>Counts predictions that are on the device.</summary>
    public void Write(long count) => Interlocked.Add(ref _written.Value, count);

    /// <summary>Counts a clock that went back.</summary>
    public void NoticeClockSetBack() => Interlocked.Increment(ref _clockSetBacks);

    /// <summary>Counts one who looked at the live stream and threw.</summary>
    public void NoticeFailedListener() => Interlocked.Increment(ref _failedListeners);

    /// <summary>The counts now, without what got into a ring. What ended is read before what began, so that pending is never negative.</summary>
    public LogStatistics Snapshot(string model, int version)
    {
        var written = Volatile.Read(ref _written.Value);
        var sampledOut = Sum(_sampledOut, 0, 1);
        var dropped = new Dictionary<DropReason, long>();
        foreach (var reason in Enum.GetValues<DropReason>())
        {
            var count = Sum(_dropped, (int)reason, ReasonCount);
            if (count > 0)
            {
                dropped.Add(reason, count);
            }
        }

        return new LogStatistics(model, version, Sum(_accepted, 0, 1), written, dropped)
        {
            SampledOut = sampledOut,
            ClockSetBacks = Volatile.Read(ref _clockSetBacks),
            FailedListeners = Volatile.Read(ref _failedListeners),
        };
    }

    private static long Sum(PaddedCounter[] counters, int first, int step)
    {
        var sum = 0L;
        for (var i = first; i < counters.Length; i += step)
        {
            sum += Volatile.Read(ref counters[i].Value);
        }

        return sum;
    }
}
