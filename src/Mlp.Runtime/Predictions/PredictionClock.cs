using Mlp.Runtime.Data;

namespace Mlp.Runtime.Predictions;

/// <summary>
/// The clock of the request path. With the system's clock it reads the time once per call: the wall time is derived from the timestamp that the latency needs anyway, by an
/// offset that is taken anew every second, so that a step of the clock is followed within one. Any other <see cref="TimeProvider"/> is asked each time, for its two clocks
/// need not go together. Thread-safe.
/// </summary>
internal sealed class PredictionClock
{
    private const long NanosecondsPerSecond = 1_000_000_000;
    private const int MostReadings = 8;
    private const long CloseNanoseconds = 10_000;

    private readonly TimeProvider _time;
    private readonly long _nanosecondsPerTimestamp;
    private readonly long _timestampFrequency;
    private long _offset;
    private long _nextReading = long.MinValue;

    /// <summary>Makes a clock.</summary>
    /// <param name="time">The platform's clock.</param>
    public PredictionClock(TimeProvider time)
    {
        _time = time;
        _timestampFrequency = time.TimestampFrequency;
        var isExact = ReferenceEquals(time, TimeProvider.System) && NanosecondsPerSecond % _timestampFrequency == 0;
        _nanosecondsPerTimestamp = isExact ? NanosecondsPerSecond / _timestampFrequency : 0;
    }

    /// <summary>The platform's clock.</summary>
    public TimeProvider Time => _time;

    /// <summary>Reads the clock.</summary>
    /// <returns>A timestamp of this clock.</returns>
    public long GetTimestamp() => _time.GetTimestamp();

    /// <summary>The wall time of a timestamp that was taken just now.</summary>
    /// <param name="timestamp">The timestamp.</param>
    /// <returns>Microseconds since the Unix epoch, rounded down.</returns>
    public long ToMicroseconds(long timestamp)
    {
        if (_nanosecondsPerTimestamp == 0)
        {
            return Microseconds.FromRequestTime(_time.GetUtcNow());
        }

        if (timestamp >= Volatile.Read(ref _nextReading))
        {
            ReadOffset(timestamp);
        }

        return Microseconds.FloorDivide((timestamp * _nanosecondsPerTimestamp) + Volatile.Read(ref _offset), 1000);
    }

    /// <summary>Time between two timestamps.</summary>
    /// <param name="from">The earlier one.</param>
    /// <param name="to">The later one.</param>
    /// <returns>Nanoseconds.</returns>
    public long NanosecondsBetween(long from, long to)
        => _nanosecondsPerTimestamp != 0
            ? (to - from) * _nanosecondsPerTimestamp
            : (long)((to - from) * ((double)NanosecondsPerSecond / _timestampFrequency));

    /// <summary>
    /// By how much the wall time is ahead of the timestamps. A thread that loses its processor between the two clocks would set all calls of a second back, and what was pushed just now would lie in their
    /// future: of some readings the one counts whose two clocks were read closest together.
    /// </summary>
    /// <param name="time">The clocks.</param>
    /// <param name="nanosecondsPerTimestamp">Length of a unit of its timestamps.</param>
    /// <returns>Nanoseconds.</returns>
    internal static long FindOffset(TimeProvider time, long nanosecondsPerTimestamp)
    {
        var offset = 0L;
        var closest = long.MaxValue;
        for (var i = 0; i < MostReadings && closest > CloseNanoseconds; i++)
        {
            var before = time.GetTimestamp() * nanosecondsPerTimestamp;
            var utc = (time.GetUtcNow().UtcTicks - DateTimeOffset.UnixEpoch.UtcTicks) * (NanosecondsPerSecond / TimeSpan.TicksPerSecond);
            var after = time.GetTimestamp() * nanosecondsPerTimestamp;
            (offset, closest) = after - before < closest ? (utc - after, after - before) : (offset, closest);
        }

        return offset;
    }

    private void ReadOffset(long timestamp)
    {
        // Threads may do this at once: each finds nearly the same offset.
        Volatile.Write(ref _offset, FindOffset(_time, _nanosecondsPerTimestamp));
        Volatile.Write(ref _nextReading, timestamp + _timestampFrequency);
    }
}
