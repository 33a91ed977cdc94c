namespace Mlp.Training.Preprocessing;

/// <summary>What an int64 timestamp counts since 1970-01-01T00:00Z.</summary>
public enum TimestampUnit
{
    /// <summary>Microseconds, as everywhere in the platform.</summary>
    Microseconds = 0,

    /// <summary>Milliseconds.</summary>
    Milliseconds,

    /// <summary>Seconds.</summary>
    Seconds,
}
