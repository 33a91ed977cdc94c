using System.Diagnostics;
using Mlp.Runtime.Predictions;
using Mlp.Runtime.Telemetry;

namespace Mlp.Runtime.Inference;

/// <summary>
/// The span <c>mlp.predict</c> of a call. It is made when the call has ended, with the time at which it came in: a span that is current while a call waits would stay current in its caller's code, because a call that answers at
/// once has no context of its own. It is current while the observers hear of the call, and a child of what was current when the call came in.
/// </summary>
internal readonly ref struct PredictionSpan : IDisposable
{
    private static readonly string[] OutcomeNames = ["ok", "error", "cancelled", "timeout", "shed"];

    private readonly Activity? _span;
    private readonly Activity? _ambient;

    private PredictionSpan(Activity? span, Activity? ambient)
    {
        _span = span;
        _ambient = ambient;
    }

    /// <summary>What is current for the caller, where somebody listens; for <see cref="CallContext.Caller"/>.</summary>
    public static Activity? FindCaller() => RuntimeActivities.Source.HasListeners() ? Activity.Current : null;

    /// <summary>Makes the span of a call that has ended.</summary>
    /// <param name="version">The version.</param>
    /// <param name="call">The call.</param>
    /// <param name="rowCount">Predictions that it asked for.</param>
    /// <param name="outcome">How it ended.</param>
    /// <param name="latencyNanoseconds">How long it took.</param>
    /// <param name="failure">Why it failed; null if it did not.</param>
    /// <returns>The span, to be disposed of; empty where nobody listens.</returns>
    public static PredictionSpan Start(
        ServingVersion version, in CallContext call, int rowCount, PredictionOutcome outcome, long latencyNanoseconds, Exception? failure = null)
        => RuntimeActivities.Source.HasListeners() ? StartForListener(version, call, rowCount, outcome, latencyNanoseconds, failure) : default;

    /// <summary>Makes the span of a call that found no version in service, and ends it.</summary>
    /// <param name="model">Model name.</param>
    /// <param name="variant">The role that had no version.</param>
    /// <param name="call">The call.</param>
    /// <param name="latency">How long it took.</param>
    /// <param name="failure">What its caller gets.</param>
    public static void NotReady(string model, string variant, in CallContext call, TimeSpan latency, Exception failure)
    {
        if (RuntimeActivities.Source.HasListeners())
        {
            using var span = Start([new("model", model), new("variant", variant), new("outcome", InferenceMetrics.NotReady)], call, latency, failure);
        }
    }

    /// <summary>The trace that observers are told.</summary>
    /// <param name="other">That of the caller, where there is no span.</param>
    public ActivityTraceId TraceIdOr(ActivityTraceId other) => _span?.TraceId ?? other;

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_span is not null)
        {
            _span.Dispose();
            Activity.Current = _ambient;
        }
    }

    private static PredictionSpan StartForListener(
        ServingVersion version, in CallContext call, int rowCount, PredictionOutcome outcome, long latencyNanoseconds, Exception? failure)
    {
        KeyValuePair<string, object?>[] tags =
        [
            new("model", version.Manifest.Name),
            new("version", version.Manifest.Version),
            new("variant", version.Served.Variant),
            new("rows", rowCount),
            new("outcome", OutcomeNames[(int)outcome]),
        ];
        return Start(tags, call, TimeSpan.FromTicks(latencyNanoseconds / TimeSpan.NanosecondsPerTick), failure);
    }

    private static PredictionSpan Start(KeyValuePair<string, object?>[] tags, in CallContext call, TimeSpan latency, Exception? failure)
    {
        // A call may end on a thread that works for others too, and after its caller's activity has.
        var ambient = Activity.Current;
        Activity.Current = null;
        var started = DateTimeOffset.UnixEpoch.AddMicroseconds(call.LoggedTime);
        var span = RuntimeActivities.Source.StartActivity(RuntimeSpans.Predict, ActivityKind.Internal, call.Caller?.Context ?? default, tags, links: null, started);
        if (span is null)
        {
            Activity.Current = ambient;
            return default;
        }

        span.SetEndTime(started.UtcDateTime + latency);
        if (failure is not null)
        {
            TracedWork.Fail(span, failure);
        }

        return new PredictionSpan(span, ambient);
    }
}
