using System.Diagnostics;

namespace Mlp.Runtime.Inference;

/// <summary>What is known of one call beside its features: its times and what its caller said.</summary>
/// <param name="Started">Timestamp of the clock at which it came in.</param>
/// <param name="LoggedTime">The same as wall time, microseconds.</param>
/// <param name="EventTime">The time that features are read for, microseconds.</param>
/// <param name="Tags">The caller's tags.</param>
/// <param name="Timeout">How long it may take in all; null for any time.</param>
internal readonly record struct CallContext(long Started, long LoggedTime, long EventTime, ReadOnlyMemory<KeyValuePair<string, string>> Tags, TimeSpan? Timeout = null)
{
    /// <summary>The activity that was current when it came in; null where nobody listens to spans.</summary>
    public Activity? Caller { get; init; }
}
