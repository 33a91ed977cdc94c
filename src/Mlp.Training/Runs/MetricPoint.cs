namespace Mlp.Training.Runs;

/// <summary>One value of a metric.</summary>
/// <param name="Step">What the caller counts: epochs, steps, trials.</param>
/// <param name="Value">The value; NaN and infinities are kept as they are.</param>
/// <param name="Time">When it was logged, UTC, in whole microseconds.</param>
public readonly record struct MetricPoint(long Step, double Value, DateTimeOffset Time);
