using System.Diagnostics.Metrics;

namespace Mlp.Runtime.Inference;

/// <summary>
/// The meter <c>Mlp.Runtime</c>. Instruments are called <c>mlp.part.what</c>, carry units of OpenTelemetry, and stand in docs/telemetry.md (a test compares). Thread-safe.
/// </summary>
internal static class RuntimeMeter
{
    /// <summary>Name of the meter.</summary>
    public const string Name = "Mlp.Runtime";

    /// <summary>Bounds of a histogram of seconds, from a microsecond (a small model) to ten seconds: a power of ten in three steps.</summary>
    public static InstrumentAdvice<double> Seconds { get; } = new()
    {
        HistogramBucketBoundaries =
        [
            1e-6, 2.5e-6, 5e-6, 1e-5, 2.5e-5, 5e-5, 1e-4, 2.5e-4, 5e-4, 1e-3, 2.5e-3, 5e-3, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
        ],
    };

    /// <summary>The meter.</summary>
    public static Meter Meter { get; } = new(Name);

    /// <summary>Time that calls waited before anybody worked on them: for a slot, or in a batch for others.</summary>
    public static Histogram<double> QueueDuration { get; } = Meter.CreateHistogram(
        "mlp.inference.queue.duration", "s", "Time that a call waited before anybody worked on it.", tags: null, Seconds);
}
