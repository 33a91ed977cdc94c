namespace Mlp.Runtime.Batching;

/// <summary>Why a batch took no more rows.</summary>
internal enum BatchCloseReason
{
    /// <summary>It has as many rows as a batch may have.</summary>
    Full,

    /// <summary>More rows would have cost the first one its timeout.</summary>
    Deadline,

    /// <summary>No other call waited.</summary>
    Idle,

    /// <summary>More rows would have cost the first one its latency budget.</summary>
    Budget,

    /// <summary>It is one call that ran where it was made, since nothing else was going on.</summary>
    Inline,
}
