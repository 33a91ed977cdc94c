namespace Quickstart;

/// <summary>The time of the replay: what the platform takes for now. Timers and stopwatches run in real time.</summary>
internal sealed class SimulatedClock(DateTimeOffset start) : TimeProvider
{
    private long _ticks = start.UtcTicks;

    public override DateTimeOffset GetUtcNow() => new(Volatile.Read(ref _ticks), TimeSpan.Zero);

    /// <summary>Moves forward to a time; never back.</summary>
    public void AdvanceTo(DateTimeOffset time)
    {
        if (time.UtcTicks > Volatile.Read(ref _ticks))
        {
            Volatile.Write(ref _ticks, time.UtcTicks);
        }
    }
}
