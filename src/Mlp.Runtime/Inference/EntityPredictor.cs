using System.Collections.Concurrent;
using Mlp.Runtime.Data;
using Mlp.Runtime.Predictions;

namespace Mlp.Runtime.Inference;

/// <summary>
/// Predictions by entity key: reads the features into a slot, adds those of the request, and runs. Where the features are at hand nothing is allocated and no state
/// machine is made; where they are not, the slot is kept until the read has ended, whatever the caller does. Thread-safe.
/// </summary>
internal sealed class EntityPredictor(ServingVersion version, Predictor predictor)
{
    private readonly ConcurrentDictionary<Type, object> _plans = new();
    private object? _latestPlan;

    /// <summary>Predicts and gives the slot back.</summary>
    /// <typeparam name="TKeys">The keys.</typeparam>
    /// <typeparam name="TRequest">The request.</typeparam>
    /// <param name="slot">A rented slot of one row.</param>
    /// <param name="call">The call.</param>
    /// <param name="keys">The keys.</param>
    /// <param name="request">The request.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public ValueTask<Prediction> PredictAsync<TKeys, TRequest>(
        InferenceSlot slot, in CallContext call, in TKeys keys, in TRequest request, CancellationToken cancellationToken)
    {
        EntityCallPlan<TKeys, TRequest> plan;
        try
        {
            plan = PlanFor<TKeys, TRequest>();
            plan.WriteKeys(in keys, slot.Keys);
        }
        catch
        {
            // The caller's mistake, made before there was anything to predict.
            version.Singles.Return(slot);
            throw;
        }

        ValueTask read;
        var token = version.Start(slot.Deadline, call, cancellationToken);
        try
        {
            slot.Rows.Reset(1);
            read = version.Reader!.ReadAsync(slot.Keys, call.EventTime, slot.Rows, 0, 1, token);
            if (read.IsCompletedSuccessfully)
            {
                read.GetAwaiter().GetResult();
                return new ValueTask<Prediction>(Answer(slot, plan, call, in request, token));
            }
        }
        catch (Exception e)
        {
            var failure = FailAndReturn(slot, call, e, cancellationToken);
            return failure is OperationCanceledException && cancellationToken.IsCancellationRequested
                ? ValueTask.FromCanceled<Prediction>(cancellationToken)
                : ValueTask.FromException<Prediction>(failure);
        }

        return AwaitReadAsync(read, slot, plan, call, request, token, cancellationToken);
    }

    private Prediction Answer<TKeys, TRequest>(
        InferenceSlot slot, EntityCallPlan<TKeys, TRequest> plan, in CallContext call, in TRequest request, CancellationToken cancellationToken)
    {
        plan.WriteRequest?.Invoke(in request, slot.Rows, 0);
        var prediction = default(Prediction);
        predictor.Run(slot, call, slot.Keys, new Span<Prediction>(ref prediction), withOthers: false, cancellationToken);
        version.Singles.Return(slot);
        return prediction;
    }

    private async ValueTask<Prediction> AwaitReadAsync<TKeys, TRequest>(
        ValueTask pending,
        InferenceSlot slot,
        EntityCallPlan<TKeys, TRequest> plan,
        CallContext call,
        TRequest request,
        CancellationToken token,
        CancellationToken cancellationToken)
    {
        var read = pending.AsTask();
        try
        {
            await read.WaitAsync(token).ConfigureAwait(false);
            return Answer(slot, plan, call, in request, token);
        }
        catch (OperationCanceledException e) when (!read.IsCompleted)
        {
            // The reader still writes into the slot: it stays out of the pool, which waits for it, until that has ended.
            _ = AbandonAsync(read, slot, call, e, cancellationToken);
            Predictor.Rethrow(e, version.Explain(e, call, version.Singles.Size, cancellationToken));
            throw;
        }
        catch (Exception e)
        {
            Predictor.Rethrow(e, FailAndReturn(slot, call, e, cancellationToken));
            throw;
        }
    }

    private async Task AbandonAsync(Task read, InferenceSlot slot, CallContext call, Exception cause, CancellationToken cancellationToken)
    {
        // Whether the caller or the clock was first is known now, and may look different when the read ends.
        var failure = version.Explain(cause, call, version.Singles.Size, cancellationToken);
        await read.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        FailAndReturn(slot, call, failure, cancellationToken);
    }

    private Exception FailAndReturn(InferenceSlot slot, in CallContext call, Exception thrown, CancellationToken cancellationToken)
    {
        var failure = predictor.Fail(slot, call, slot.Keys, thrown, cancellationToken);
        version.Singles.Return(slot);
        return failure;
    }

    private EntityCallPlan<TKeys, TRequest> PlanFor<TKeys, TRequest>()
    {
        // Most services are called with one pair of types.
        if (Volatile.Read(ref _latestPlan) is EntityCallPlan<TKeys, TRequest> latest)
        {
            return latest;
        }

        var plan = (EntityCallPlan<TKeys, TRequest>)_plans.GetOrAdd(
            typeof(EntityCallPlan<TKeys, TRequest>), static (_, reader) => EntityCallPlan<TKeys, TRequest>.Create(reader), version.Reader!);
        Volatile.Write(ref _latestPlan, plan);
        return plan;
    }
}
