using System.Runtime.CompilerServices;
using Mlp.Runtime.Predictions;

namespace Mlp.Runtime.Inference;

/// <summary>A model seen through two types. Thread-safe.</summary>
internal sealed class RecordModel<TFeatures, TResult> : IModel<TFeatures, TResult>
{
    private readonly Model _model;
    private readonly ConditionalWeakTable<ServingVersion, KnownPlan> _plans = [];
    private RecordPlan<TFeatures, TResult>? _latest;

    /// <summary>Makes the view, and the plan of the version in service if there is one.</summary>
    /// <param name="model">The model.</param>
    /// <exception cref="ArgumentException">A type does not fit the version in service.</exception>
    public RecordModel(Model model)
    {
        _model = model;
        if (model.Target.Current is { } version)
        {
            version.RequireScore();
            PlanFor(version);
        }
    }

    /// <inheritdoc/>
    public TResult Predict(in TFeatures features, PredictionOptions options = default, CancellationToken cancellationToken = default)
    {
        var result = default(TResult)!;
        Predict(new ReadOnlySpan<TFeatures>(in features), new Span<TResult>(ref result), options, cancellationToken);
        return result;
    }

    /// <inheritdoc/>
    public ValueTask<TResult> PredictAsync(TFeatures features, PredictionOptions options = default, CancellationToken cancellationToken = default)
    {
        var call = _model.Start(options);
        var version = _model.Find(call);
        version?.RequireScore();
        version = version is null ? null : Choose(version, options);
        if (version is null || !version.Singles.TryRent(out var slot))
        {
            return WaitAndPredictAsync(version, call, features, cancellationToken);
        }

        try
        {
            return version.Batcher is null
                ? new ValueTask<TResult>(PredictOne(version, slot, call, features, cancellationToken))
                : StartOne(version, slot, call, features, cancellationToken);
        }
        catch (Exception e)
        {
            return CallCancellation.ToTask<TResult>(e);
        }
    }

    /// <inheritdoc/>
    public void Predict(ReadOnlySpan<TFeatures> features, Span<TResult> results, PredictionOptions options = default, CancellationToken cancellationToken = default)
    {
        if (results.Length < features.Length)
        {
            throw new ArgumentException(
                FormattableString.Invariant($"Expected room for {features.Length} results, one per record, but found {results.Length} (model '{_model.Name}')."), nameof(results));
        }

        if (features.IsEmpty)
        {
            return;
        }

        var call = _model.Start(options);
        var version = Choose(_model.CurrentWithScore(call, cancellationToken), options);
        while (true)
        {
            var plan = PlanFor(version);
            var pool = features.Length == 1 ? version.Singles : version.Batches;
            if (version.Rent(pool, call, features.Length, cancellationToken) is not { } slot)
            {
                version = _model.CurrentWithScore(call, cancellationToken);
                continue;
            }

            try
            {
                var token = version.Start(slot.Deadline, call, cancellationToken);
                for (var first = 0; first < features.Length; first += slot.Rows.Capacity)
                {
                    var count = Math.Min(slot.Rows.Capacity, features.Length - first);
                    Run(version, plan, slot, call, features.Slice(first, count), results[first..], token, cancellationToken, first);
                }

                return;
            }
            finally
            {
                pool.Return(slot);
            }
        }
    }

    private static void Run(
        ServingVersion version,
        RecordPlan<TFeatures, TResult> plan,
        InferenceSlot slot,
        in CallContext call,
        ReadOnlySpan<TFeatures> features,
        Span<TResult> results,
        CancellationToken token,
        CancellationToken cancellationToken, int firstRow = 0)
    {
        slot.Rows.Reset(features.Length);
        for (var row = 0; row < features.Length; row++)
        {
            plan.Write(in features[row], slot.Rows, row);
        }

        var predictions = slot.Predictions.AsSpan(0, features.Length);
        version.Features.Run(slot, call, predictions, plan.ReadsOthers, token, cancellationToken, firstRow);
        for (var row = 0; row < features.Length; row++)
        {
            results[row] = plan.Read(in predictions[row], slot, row);
        }
    }

    /// <summary>A challenger whose outputs are not what the result asks for leaves the call to the champion.</summary>
    private ServingVersion Choose(ServingVersion champion, in PredictionOptions options)
    {
        var version = Model.ChooseForRows(champion, options);
        return ReferenceEquals(version, champion) || FindPlan(version) is not null ? version : champion;
    }

    private async ValueTask<TResult> WaitAndPredictAsync(ServingVersion? version, CallContext call, TFeatures features, CancellationToken cancellationToken)
    {
        while (true)
        {
            version ??= await _model.CurrentWithScoreAsync(call, cancellationToken).ConfigureAwait(false);
            if (await version.RentAsync(version.Singles, call, 1, cancellationToken).ConfigureAwait(false) is { } slot)
            {
                return version.Batcher is null
                    ? PredictOne(version, slot, call, features, cancellationToken)
                    : await StartOne(version, slot, call, features, cancellationToken).ConfigureAwait(false);
            }

            version = null;
        }
    }

    private TResult PredictOne(ServingVersion version, InferenceSlot slot, in CallContext call, TFeatures features, CancellationToken cancellationToken)
    {
        try
        {
            var result = default(TResult)!;
            var token = version.Start(slot.Deadline, call, cancellationToken);
            Run(version, PlanFor(version), slot, call, new ReadOnlySpan<TFeatures>(in features), new Span<TResult>(ref result), token, cancellationToken);
            return result;
        }
        finally
        {
            version.Singles.Return(slot);
        }
    }

    /// <summary>Fills the slot, and hands it on to the batcher.</summary>
    private ValueTask<TResult> StartOne(ServingVersion version, InferenceSlot slot, in CallContext call, TFeatures features, CancellationToken cancellationToken)
    {
        RecordPlan<TFeatures, TResult> plan;
        CancellationToken token;
        try
        {
            token = version.Start(slot.Deadline, call, cancellationToken);
            plan = PlanFor(version);
            slot.Rows.Reset(1);
            plan.Write(in features, slot.Rows, 0);
        }
        catch
        {
            // The caller's mistake, made before there was anything to predict.
            version.Singles.Return(slot);
            throw;
        }

        return version.Features.RunAsync(slot, call, plan.Read, plan.ReadsOthers, token, cancellationToken);
    }

    private RecordPlan<TFeatures, TResult> PlanFor(ServingVersion version)
    {
        var latest = Volatile.Read(ref _latest);
        return latest is not null && ReferenceEquals(latest.Version, version) ? latest : FindPlan(version) ?? Create(version);
    }

    /// <summary>The plan of a version that is not the latest one: of a challenger, mostly.</summary>
    /// <returns>Null if a type does not fit the version.</returns>
    private RecordPlan<TFeatures, TResult>? FindPlan(ServingVersion version)
    {
        if (_plans.TryGetValue(version, out var known))
        {
            return known.Plan;
        }

        RecordPlan<TFeatures, TResult>? plan = null;
        try
        {
            plan = Create(version);
        }
        catch (ArgumentException)
        {
            // Whoever needs it makes it again, and hears what is wrong.
        }

        _plans.TryAdd(version, new KnownPlan(plan));
        if (plan is not null && Volatile.Read(ref _latest) is var latest && (latest is null || latest.Version.Singles.IsClosed))
        {
            Volatile.Write(ref _latest, plan);
        }

        return plan;
    }

    private static RecordPlan<TFeatures, TResult> Create(ServingVersion version) => RecordPlan<TFeatures, TResult>.Create(version);

    private sealed record KnownPlan(RecordPlan<TFeatures, TResult>? Plan);
}
