using System.Diagnostics;
using Mlp.Runtime.Data;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Predictions;

namespace Mlp.Runtime.Batching;

/// <summary>What it takes to end a call of one row on another thread than its caller's. Immutable.</summary>
/// <typeparam name="TResult">The answer.</typeparam>
/// <param name="Version">The version that answers.</param>
/// <param name="Predictor">Reads the answer and tells the observers.</param>
/// <param name="Slot">The slot, which the call owns until it ends.</param>
/// <param name="Context">The call.</param>
/// <param name="HasKeys">Whether the slot's entity keys are those of the call.</param>
/// <param name="Read">Makes the caller's answer.</param>
/// <param name="TraceId">Trace of the caller.</param>
/// <param name="Caller">The caller's token.</param>
internal readonly record struct PendingCall<TResult>(
    ServingVersion Version,
    Predictor Predictor,
    InferenceSlot Slot,
    CallContext Context,
    bool HasKeys,
    RecordReader<TResult> Read,
    ActivityTraceId TraceId,
    CancellationToken Caller)
{
    private ReadOnlySpan<EntityValue> Keys => HasKeys ? Slot.Keys : default;

    /// <summary>Reads the answer out of the slot and tells the observers.</summary>
    /// <param name="ended">Timestamp of the clock.</param>
    public TResult Finish(long ended)
    {
        var prediction = default(Prediction);
        Predictor.Complete(Slot, Context, Keys, new Span<Prediction>(ref prediction), ended, TraceId);
        return Read(in prediction, Slot, 0);
    }

    /// <summary>Tells the observers of a failure.</summary>
    /// <param name="failure">The failure.</param>
    /// <returns>The exception for the caller.</returns>
    public Exception Fail(Exception failure) => Predictor.Fail(Slot, Context, Keys, failure, TraceId, Caller);

    /// <summary>Gives the slot back.</summary>
    public void ReturnSlot() => Version.Singles.Return(Slot);
}
