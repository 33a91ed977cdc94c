namespace Mlp.Runtime.Inference;

/// <summary>The times of one call.</summary>
/// <param name="Started">Timestamp of the clock at which it came in.</param>
/// <param name="LoggedTime">The same as wall time, microseconds.</param>
/// <param name="EventTime">The time that features are read for, microseconds.</param>
internal readonly record struct CallTimes(long Started, long LoggedTime, long EventTime);
