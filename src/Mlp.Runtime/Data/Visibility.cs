namespace Mlp.Runtime.Data;

/// <summary>
/// The rules of time, in one place for the online store, the offline join and the checks that compare them.
/// A row is visible at t if its event time is not after t; it is expired if t - eventTime is greater than the time to live (equal is still present);
/// among visible rows the latest event time wins, then the latest created time, then the latest ingest sequence.
/// </summary>
internal static class Visibility
{
    /// <summary>The time to live that never expires.</summary>
    public const long NoTimeToLive = 0;

    /// <summary>Whether a row may be seen at a time.</summary>
    /// <param name="eventTime">Event time of the row, microseconds.</param>
    /// <param name="asOf">The time of the question, microseconds.</param>
    /// <returns>True if the row is not from the future.</returns>
    public static bool IsVisible(long eventTime, long asOf) => eventTime <= asOf;

    /// <summary>Whether a visible row is too old.</summary>
    /// <param name="eventTime">Event time of the row, microseconds.</param>
    /// <param name="asOf">The time of the question, microseconds.</param>
    /// <param name="timeToLive">Microseconds; <see cref="NoTimeToLive"/> means without limit.</param>
    /// <returns>True if asOf - eventTime is greater than the time to live.</returns>
    public static bool IsExpired(long eventTime, long asOf, long timeToLive)
        => timeToLive != NoTimeToLive && asOf - eventTime > timeToLive;

    /// <summary>Whether one row stands before another for the same entity.</summary>
    /// <param name="candidate">The row that asks to be seen.</param>
    /// <param name="current">The row that is seen now.</param>
    /// <returns>True if the candidate is later by event time, then created time, then sequence; a row never supersedes itself.</returns>
    public static bool Supersedes(in RowVersion candidate, in RowVersion current)
    {
        if (candidate.EventTime != current.EventTime)
        {
            return candidate.EventTime > current.EventTime;
        }

        return candidate.CreatedTime != current.CreatedTime
            ? candidate.CreatedTime > current.CreatedTime
            : candidate.Sequence > current.Sequence;
    }
}
