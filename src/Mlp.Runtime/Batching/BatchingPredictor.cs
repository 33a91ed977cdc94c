using Mlp.Runtime.Inference;
using Mlp.Runtime.Predictions;

namespace Mlp.Runtime.Batching;

/// <summary>Calls of one row whose callers await the answer. Thread-safe.</summary>
/// <param name="version">A version with a batcher.</param>
/// <param name="predictor">Reads answers and tells the observers.</param>
/// <param name="clock">The clock of calls.</param>
internal sealed class BatchingPredictor(ServingVersion version, Predictor predictor, PredictionClock clock)
{
    /// <summary>Runs the row of a slot, alone at once or in a batch later.</summary>
    /// <typeparam name="TResult">The answer.</typeparam>
    /// <param name="slot">A rented slot of one row, which is filled. It is given back when the call has ended, unless this throws: then it is the caller's, who tells the observers too.</param>
    /// <param name="call">The call.</param>
    /// <param name="hasKeys">Whether the slot's entity keys are those of the call.</param>
    /// <param name="read">Makes the answer.</param>
    /// <param name="withOthers">Whether the other outputs are wanted too.</param>
    /// <param name="token">Cancelled by the caller or by the deadline.</param>
    /// <param name="cancellationToken">The caller's token.</param>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <exception cref="NullFeatureException">A feature has no value, and may not be without.</exception>
    /// <exception cref="ModelOverloadedException">As many calls wait as may.</exception>
    /// <exception cref="PredictionShedException">The call could not be answered within its timeout.</exception>
    public ValueTask<TResult> PredictAsync<TResult>(
        InferenceSlot slot, in CallContext call, bool hasKeys, RecordReader<TResult> read, bool withOthers, CancellationToken token, CancellationToken cancellationToken)
    {
        var batcher = version.Batcher!;
        version.Nulls.Apply(slot.Rows, 0);
        if (batcher.TryRun(slot, version.IsInterruptible(1), withOthers, token))
        {
            return Finish(slot, call, hasKeys, read);
        }

        var answer = PendingAnswer<TResult>.Rent();
        answer.Start(batcher, new PendingCall<TResult>(version, predictor, slot, call, hasKeys, read, predictor.CurrentTrace, cancellationToken), withOthers, token);

        // The version of the task is that of now: once the call has joined, its answer may be there at any time.
        var task = answer.Task;
        try
        {
            if (batcher.TryJoin(answer, call, out _))
            {
                return task;
            }
        }
        catch
        {
            answer.Recycle();
            throw;
        }

        answer.Recycle();
        batcher.RunInline(slot, version.IsInterruptible(1), withOthers, token);
        return Finish(slot, call, hasKeys, read);
    }

    private ValueTask<TResult> Finish<TResult>(InferenceSlot slot, in CallContext call, bool hasKeys, RecordReader<TResult> read)
    {
        try
        {
            var prediction = default(Prediction);
            predictor.Complete(slot, call, hasKeys ? slot.Keys : default, new Span<Prediction>(ref prediction), clock.GetTimestamp(), predictor.CurrentTrace);
            return new ValueTask<TResult>(read(in prediction, slot, 0));
        }
        catch (Exception e)
        {
            // The model has answered; what the caller's own type throws is no failure of the call.
            return ValueTask.FromException<TResult>(e);
        }
        finally
        {
            version.Singles.Return(slot);
        }
    }
}
