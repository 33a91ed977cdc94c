namespace Mlp.Runtime.Data;

/// <summary>
/// Conversions between <see cref="DateTimeOffset"/> and the time of the platform: whole microseconds since 1970-01-01T00:00:00Z as <see cref="long"/>.
/// Feature times are rounded up and label and request times down, once, where they enter, so that no value becomes visible before it happened.
/// </summary>
public static class Microseconds
{
    private const long TicksPerMicrosecond = TimeSpan.TicksPerMicrosecond;

    /// <summary>The time of a feature row (event or created time), rounded up to the next microsecond.</summary>
    /// <param name="time">Any instant.</param>
    /// <returns>Microseconds since the Unix epoch.</returns>
    public static long FromFeatureTime(DateTimeOffset time)
    {
        var ticks = time.UtcTicks - DateTimeOffset.UnixEpoch.UtcTicks;
        return -FloorDivide(-ticks, TicksPerMicrosecond);
    }

    /// <summary>The time of a request or a label, rounded down to the microsecond.</summary>
    /// <param name="time">Any instant.</param>
    /// <returns>Microseconds since the Unix epoch.</returns>
    public static long FromRequestTime(DateTimeOffset time)
        => FloorDivide(time.UtcTicks - DateTimeOffset.UnixEpoch.UtcTicks, TicksPerMicrosecond);

    /// <summary>A span of time such as a time to live, rounded down to the microsecond.</summary>
    /// <param name="span">Any span.</param>
    /// <returns>Microseconds.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The span is longer than zero but shorter than a microsecond: rounded down it would mean something else.</exception>
    public static long FromTimeSpan(TimeSpan span)
        => span.Ticks is > 0 and < TicksPerMicrosecond
            ? throw new ArgumentOutOfRangeException(nameof(span), span, "Expected a span of zero or of at least a microsecond, the resolution of times.")
            : FloorDivide(span.Ticks, TicksPerMicrosecond);

    /// <summary>The instant that a number of microseconds stands for, in UTC.</summary>
    /// <param name="microseconds">Microseconds since the Unix epoch.</param>
    /// <returns>The instant.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The instant lies outside the years 1 to 9999.</exception>
    public static DateTimeOffset ToDateTimeOffset(long microseconds)
    {
        var ticks = checked(microseconds * TicksPerMicrosecond);
        return new DateTimeOffset(DateTimeOffset.UnixEpoch.UtcTicks + ticks, TimeSpan.Zero);
    }

    internal static long FloorDivide(long value, long divisor)
    {
        var quotient = value / divisor;
        return value % divisor < 0 ? quotient - 1 : quotient;
    }

    internal static long CeilingDivide(long value, long divisor)
    {
        var quotient = value / divisor;
        return value % divisor > 0 ? quotient + 1 : quotient;
    }
}
