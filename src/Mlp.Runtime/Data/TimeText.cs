namespace Mlp.Runtime.Data;

/// <summary>Times in sentences.</summary>
internal static class TimeText
{
    /// <summary>A time in milliseconds, or in microseconds below one: <c>2.5 ms</c>, <c>40 µs</c>.</summary>
    /// <param name="time">The time.</param>
    public static string Of(TimeSpan time)
        => time.Duration() < TimeSpan.FromMilliseconds(1) && time != TimeSpan.Zero
            ? FormattableString.Invariant($"{time.TotalMicroseconds:0.###} µs")
            : FormattableString.Invariant($"{time.TotalMilliseconds:0.###} ms");
}
