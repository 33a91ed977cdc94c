using System.Diagnostics;
using System.Diagnostics.Metrics;
using Mlp.Runtime.Telemetry;

namespace Mlp.Runtime.Inference;

/// <summary>
/// The load of a version as a span <c>mlp.model.load</c>, with an event for each check that it has passed, and as a measurement of <c>mlp.model.load.duration</c>. Not thread-safe.
/// </summary>
internal sealed class LoadSpan : IDisposable
{
    private static readonly Histogram<double> Duration =
        RuntimeMeter.Meter.CreateHistogram("mlp.model.load.duration", "s", "Time that it took to load a version and to check it.", tags: null, RuntimeMeter.Seconds);

    private readonly TimeProvider _time;
    private readonly long _started;
    private readonly string _model;
    private readonly int _version;
    private readonly Activity? _span;
    private Exception? _failure;

    /// <summary>Begins.</summary>
    /// <param name="model">Model name.</param>
    /// <param name="version">Version.</param>
    /// <param name="time">The platform's clock.</param>
    public LoadSpan(string model, int version, TimeProvider time)
    {
        _model = model;
        _version = version;
        _time = time;
        _started = time.GetTimestamp();
        _span = RuntimeActivities.Source.StartActivity(
            RuntimeSpans.Load, ActivityKind.Internal, parentContext: default, [new("model", model), new("version", version)]);
    }

    /// <summary>Says that a check was passed.</summary>
    /// <param name="check">The check, in a word or two.</param>
    public void Passed(string check) => _span?.AddEvent(new ActivityEvent(check, _time.GetUtcNow()));

    /// <summary>Says that the load failed.</summary>
    /// <param name="failure">Why.</param>
    public void Fail(Exception failure) => _failure = failure;

    /// <inheritdoc/>
    public void Dispose()
    {
        var outcome = _failure switch { null => "ok", OperationCanceledException => "cancelled", _ => "error" };
        Duration.Record(_time.GetElapsedTime(_started).TotalSeconds, new("model", _model), new("version", _version), new("outcome", outcome));
        _span?.SetTag("outcome", outcome);
        if (_failure is not null)
        {
            TracedWork.Fail(_span, _failure);
        }

        _span?.Dispose();
    }
}
