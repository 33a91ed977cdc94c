using System.Diagnostics;
using System.Runtime.ExceptionServices;
using Microsoft.ML.OnnxRuntime;
using Mlp.Runtime.Data;
using Mlp.Runtime.Predictions;

namespace Mlp.Runtime.Inference;

/// <summary>Runs a version on the rows of a slot, reads the answers and tells the observers, of failures too. Thread-safe.</summary>
internal sealed class Predictor(ServingVersion version, PredictionClock clock)
{
    private readonly PredictionRecorder _recorder = version.Recorder;
    private readonly ScoreReader _score = version.Score;
    private readonly int _modelVersion = version.Manifest.Version;
    private readonly string _variant = version.Served.Variant;

    /// <summary>Runs the rows in use of a slot.</summary>
    /// <param name="slot">A rented slot whose rows are filled.</param>
    /// <param name="call">The call.</param>
    /// <param name="keys">The entity keys; empty when the caller brought the features.</param>
    /// <param name="results">Receives one answer per row.</param>
    /// <param name="withOthers">Whether the other outputs are wanted too.</param>
    /// <param name="cancellationToken">Ends the call: the caller's token, or that of its deadline.</param>
    /// <param name="firstRow">What the first row is in what the caller passed, for messages.</param>
    /// <exception cref="NullFeatureException">A feature has no value, and may not be without.</exception>
    public void Run(
        InferenceSlot slot, in CallContext call, ReadOnlySpan<EntityValue> keys, Span<Prediction> results, bool withOthers, CancellationToken cancellationToken, int firstRow = 0)
    {
        version.Nulls.Apply(slot.Rows, firstRow);
        if (version.Batcher is { } batcher && slot.Rows.Capacity == 1)
        {
            batcher.Run(slot, call, version.IsInterruptible(1), withOthers, cancellationToken);
        }
        else
        {
            if (slot.Timing.IsTaken)
            {
                slot.Timing.StartRun(clock.GetTimestamp());
            }

            slot.Run(version.IsInterruptible(slot.Rows.RowCount), withOthers, cancellationToken);
        }

        Complete(slot, call, keys, results, clock.GetTimestamp(), CurrentTrace);
    }

    /// <summary>Trace of the caller, for observers if there are any.</summary>
    public ActivityTraceId CurrentTrace => _recorder.HasSinks ? Activity.Current?.TraceId ?? default : default;

    /// <summary>The reading of a slot's features begins.</summary>
    /// <param name="slot">The slot of the call.</param>
    public void StartRead(InferenceSlot slot)
    {
        if (slot.Timing.IsTaken)
        {
            slot.Timing.StartRead(clock.GetTimestamp());
        }
    }

    /// <summary>The reading of a slot's features has ended.</summary>
    /// <param name="slot">The slot of the call.</param>
    public void EndRead(InferenceSlot slot)
    {
        if (slot.Timing.IsTaken)
        {
            slot.Timing.EndRead(clock.GetTimestamp());
        }
    }

    /// <summary>Reads the answers of the rows in use and tells the observers.</summary>
    /// <param name="slot">A slot that has run.</param>
    /// <param name="call">The call.</param>
    /// <param name="keys">The entity keys; empty when the caller brought the features.</param>
    /// <param name="results">Receives one answer per row.</param>
    /// <param name="ended">Timestamp of the clock.</param>
    /// <param name="traceId">Trace of the caller.</param>
    public void Complete(InferenceSlot slot, in CallContext call, ReadOnlySpan<EntityValue> keys, Span<Prediction> results, long ended, ActivityTraceId traceId)
    {
        var milliseconds = Microseconds.FloorDivide(call.LoggedTime, 1000);
        for (var row = 0; row < results.Length; row++)
        {
            var (score, predictedClass) = _score.Read(slot.Score, row);
            results[row] = new Prediction
            {
                Id = PredictionIdGenerator.Next(milliseconds),
                Score = score,
                PredictedClass = predictedClass,
                ModelVersion = _modelVersion,
                Variant = _variant,
            };
        }

        var latency = clock.NanosecondsBetween(call.Started, ended);
        _recorder.Count(PredictionOutcome.Ok, results.Length, latency);
        using var span = PredictionSpan.Start(version, call, results.Length, PredictionOutcome.Ok, latency);
        if (_recorder.HasSinks)
        {
            traceId = span.TraceIdOr(traceId);
            var split = slot.Timing.Take(clock, call.Started, ended);
            for (var row = 0; row < results.Length; row++)
            {
                Record(slot, row, call, keys, PredictionOutcome.Ok, results[row].Id, latency, split, traceId);
            }
        }
    }

    /// <summary>Tells the observers that the rows of a slot got no answer.</summary>
    /// <param name="slot">The slot, which nobody writes to any more.</param>
    /// <param name="call">The call.</param>
    /// <param name="keys">The entity keys; empty when the caller brought the features.</param>
    /// <param name="failure">Why.</param>
    /// <param name="traceId">Trace of the caller.</param>
    /// <param name="cancellationToken">The caller's token.</param>
    /// <returns>The exception for the caller.</returns>
    public Exception Fail(
        InferenceSlot slot, in CallContext call, ReadOnlySpan<EntityValue> keys, Exception failure, ActivityTraceId traceId, CancellationToken cancellationToken)
    {
        var explained = version.Explain(failure, call, version.Singles.Size, cancellationToken);

        // A token that is not the caller's can end a call only by mistake of whoever brought it.
        var outcome = explained is OperationCanceledException && !cancellationToken.IsCancellationRequested ? PredictionOutcome.Error : ServingVersion.OutcomeOf(explained);
        var latency = clock.NanosecondsBetween(call.Started, clock.GetTimestamp());
        _recorder.Count(outcome, slot.Rows.RowCount, latency);
        using var span = PredictionSpan.Start(version, call, slot.Rows.RowCount, outcome, latency, explained);
        if (_recorder.HasSinks)
        {
            traceId = span.TraceIdOr(traceId);
            var milliseconds = Microseconds.FloorDivide(call.LoggedTime, 1000);
            for (var row = 0; row < slot.Rows.RowCount; row++)
            {
                Record(slot, row, call, keys, outcome, PredictionIdGenerator.Next(milliseconds), latency, default, traceId);
            }
        }

        return explained;
    }

    /// <summary>Throws what <see cref="Fail"/> returned, with the trace of where it happened.</summary>
    /// <param name="thrown">What was caught.</param>
    /// <param name="failure">What <see cref="Fail"/> returned.</param>
    public static void Rethrow(Exception thrown, Exception failure)
    {
        if (ReferenceEquals(thrown, failure))
        {
            ExceptionDispatchInfo.Throw(thrown);
        }

        throw failure;
    }

    private void Record(
        InferenceSlot slot,
        int row,
        in CallContext call,
        ReadOnlySpan<EntityValue> keys,
        PredictionOutcome outcome,
        PredictionId id,
        long latency,
        in CallTiming.Split split,
        ActivityTraceId traceId)
        => _recorder.Record(new PredictionRecord
        {
            Id = id,
            EventTime = call.EventTime,
            RequestTime = call.LoggedTime,
            LatencyNanoseconds = latency,
            FeatureLatencyNanoseconds = split.Features,
            QueueLatencyNanoseconds = split.Queue,
            RunLatencyNanoseconds = split.Run,
            Outcome = outcome,
            Keys = keys,
            Features = slot.Rows.RowOf(row),
            Scores = outcome == PredictionOutcome.Ok ? slot.Score.RowOf(row) : default,
            TraceId = traceId,
            Tags = call.Tags.Span,
            Call = slot.Call,
            Request = slot.Request,
        });
}
