using System.Collections.Concurrent;
using Mlp.Runtime.Data;
using Mlp.Runtime.Predictions;
using Mlp.Runtime.Routing;

namespace Mlp.Runtime.Inference;

/// <summary>
/// Predictions by entity key: reads the features into a slot, adds those of the request, and runs. Where the features are at hand nothing is allocated and no state
/// machine is made; where they are not, the slot is kept until the read has ended, whatever the caller does. Thread-safe.
/// </summary>
internal sealed class EntityPredictor(ServingVersion version, Predictor predictor)
{
    [ThreadStatic]
    private static EntityValue[]? _scratch;

    private static readonly RecordReader<Prediction> ReadPrediction = static (in Prediction prediction, InferenceSlot _, int _) => prediction;

    private readonly ConcurrentDictionary<Type, object> _plans = new();
    private readonly ConcurrentDictionary<Type, string> _misfits = new();
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
            if (request is null)
            {
                throw new ArgumentNullException(nameof(request), "Expected a request, but found null; leave it out to predict from stored features alone.");
            }

            plan.WriteKeys(in keys, slot.Keys);
            slot.Call = version.Recorder.Seat?.Shadows?.Keep(version.Served, in keys, in request);
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
            predictor.StartRead(slot);
            read = version.Reader!.ReadAsync(slot.Keys, call.EventTime, slot.Rows, 0, 1, token);
            if (read.IsCompletedSuccessfully)
            {
                read.GetAwaiter().GetResult();
                predictor.EndRead(slot);
                return version.Batcher is null
                    ? new ValueTask<Prediction>(Answer(slot, plan, call, in request, token))
                    : AnswerAsync(slot, plan, call, in request, token, cancellationToken);
            }
        }
        catch (Exception e)
        {
            var failure = FailAndReturn(slot, call, e, cancellationToken);
            return CallCancellation.ToTask<Prediction>(failure);
        }

        return AwaitReadAsync(read, slot, plan, call, request, token, cancellationToken);
    }

    /// <summary>Types of calls that the version cannot answer, and why.</summary>
    public IEnumerable<string> Misfits => _misfits.Values;

    /// <summary>The bucket of an entity: its keys in the order of this version's service.</summary>
    /// <typeparam name="TKeys">The keys.</typeparam>
    /// <typeparam name="TRequest">The request.</typeparam>
    /// <param name="hash">The hash of the route.</param>
    /// <param name="keys">The keys.</param>
    /// <returns>0 to 9,999; -1 for keys that have no encoding.</returns>
    /// <exception cref="ArgumentException">A type does not fit the service.</exception>
    public int BucketOf<TKeys, TRequest>(StickyHash hash, in TKeys keys)
    {
        var plan = PlanFor<TKeys, TRequest>();
        var count = version.Served.Keys.Count;

        // Taken out of its place meanwhile: writing keys runs the caller's properties, which may call a model.
        var scratch = _scratch is { } kept && kept.Length == count ? kept : new EntityValue[count];
        _scratch = null;
        plan.WriteKeys(in keys, scratch);
        var bucket = hash.FindBucket(scratch);
        scratch.AsSpan().Clear();
        _scratch = scratch;
        return bucket;
    }

    /// <summary>Whether the version can answer calls of a pair of types; why not stands in <see cref="Misfits"/>.</summary>
    /// <typeparam name="TKeys">The keys.</typeparam>
    /// <typeparam name="TRequest">The request.</typeparam>
    public bool Fits<TKeys, TRequest>()
    {
        if (Volatile.Read(ref _latestPlan) is EntityCallPlan<TKeys, TRequest>)
        {
            return true;
        }

        var type = typeof(EntityCallPlan<TKeys, TRequest>);
        if (_misfits.ContainsKey(type))
        {
            return false;
        }

        try
        {
            PlanFor<TKeys, TRequest>();
            return true;
        }
        catch (ArgumentException e)
        {
            _misfits.TryAdd(type, e.Message);
            return false;
        }
    }

    /// <summary>Reads the features of an entity into a slot, and adds those of the request.</summary>
    /// <typeparam name="TKeys">The keys.</typeparam>
    /// <typeparam name="TRequest">The request.</typeparam>
    /// <param name="slot">A rented slot of one row; it stays the caller's, who keeps it until the task has completed.</param>
    /// <param name="eventTime">The time that features are read for, microseconds.</param>
    /// <param name="keys">The keys.</param>
    /// <param name="request">The request.</param>
    /// <param name="cancellationToken">Ends a pending read.</param>
    /// <exception cref="ArgumentException">A type does not fit the service.</exception>
    public async ValueTask FillAsync<TKeys, TRequest>(InferenceSlot slot, long eventTime, TKeys keys, TRequest request, CancellationToken cancellationToken)
    {
        var plan = PlanFor<TKeys, TRequest>();
        plan.WriteKeys(in keys, slot.Keys);
        slot.Rows.Reset(1);
        await version.Reader!.ReadAsync(slot.Keys, eventTime, slot.Rows, 0, 1, cancellationToken).ConfigureAwait(false);
        WriteRequest(slot, plan, in request);
    }

    private void WriteRequest<TKeys, TRequest>(InferenceSlot slot, EntityCallPlan<TKeys, TRequest> plan, in TRequest request)
    {
        if (plan.WriteRequest is not { } write)
        {
            return;
        }

        if (version.Recorder.WantsRequests)
        {
            slot.KeepRequest(in request);
        }

        write(in request, slot.Rows, 0);
    }

    private Prediction Answer<TKeys, TRequest>(
        InferenceSlot slot, EntityCallPlan<TKeys, TRequest> plan, in CallContext call, in TRequest request, CancellationToken cancellationToken)
    {
        WriteRequest(slot, plan, in request);
        var prediction = default(Prediction);
        predictor.Run(slot, call, slot.Keys, new Span<Prediction>(ref prediction), withOthers: false, cancellationToken);
        version.Singles.Return(slot);
        return prediction;
    }

    private ValueTask<Prediction> AnswerAsync<TKeys, TRequest>(
        InferenceSlot slot, EntityCallPlan<TKeys, TRequest> plan, in CallContext call, in TRequest request, CancellationToken token, CancellationToken cancellationToken)
    {
        WriteRequest(slot, plan, in request);
        return version.Batched.PredictAsync(slot, call, hasKeys: true, ReadPrediction, withOthers: false, token, cancellationToken);
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
        ValueTask<Prediction> answer;
        try
        {
            await read.WaitAsync(token).ConfigureAwait(false);
            predictor.EndRead(slot);
            answer = version.Batcher is null
                ? new ValueTask<Prediction>(Answer(slot, plan, call, in request, token))
                : AnswerAsync(slot, plan, call, in request, token, cancellationToken);
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

        // The slot is no longer this call's to give back.
        return await answer.ConfigureAwait(false);
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
        var failure = predictor.Fail(slot, call, slot.Keys, thrown, predictor.CurrentTrace, cancellationToken);
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
