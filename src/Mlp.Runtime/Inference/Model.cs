using Apache.Arrow;
using Mlp.Runtime.Data;
using Mlp.Runtime.Models;
using Mlp.Runtime.Predictions;
using Mlp.Runtime.Routing;
using Mlp.Runtime.Scoring;
using Mlp.Runtime.Versions;

namespace Mlp.Runtime.Inference;

/// <summary>The door to whichever version is in service. Thread-safe.</summary>
internal sealed class Model : IModel
{
    private readonly PredictionClock _clock;
    private readonly ModelTables _tables;

    /// <summary>Makes a model without a version.</summary>
    /// <param name="settings">Its settings.</param>
    /// <param name="target">Where calls find their version.</param>
    /// <param name="clock">The clock of calls.</param>
    public Model(ModelSettings settings, ServingTarget target, PredictionClock clock)
    {
        _clock = clock;
        _tables = new ModelTables(this);
        Settings = settings;
        Target = target;
    }

    /// <summary>The settings.</summary>
    public ModelSettings Settings { get; }

    /// <summary>Where calls find their version.</summary>
    public ServingTarget Target { get; }

    /// <summary>Opens a version beside the one in service, for a file that an earlier run began with it; it tells no observers.</summary>
    public required Func<int, CancellationToken, Task<ServingVersion>> OpenVersion { get; init; }

    /// <summary>The target as one that is loaded when it is called; null for one that is loaded at start.</summary>
    public OnDemandTarget? Demand { get; init; }

    /// <summary>The files that are being scored.</summary>
    public required FileScorings Files { get; init; }

    /// <summary>The model as it serves one version.</summary>
    public required Func<int, IModel> ViewOf { get; init; }

    /// <summary>Keeps the route; null for a model that only its champion answers: one that is loaded on demand, or a view of one version.</summary>
    public RouteFollower? Router { get; set; }

    /// <inheritdoc/>
    public RouteDescription Route => Router?.Describe() ?? RouteDescription.None;

    /// <inheritdoc/>
    public string Name => Settings.Name;

    /// <inheritdoc/>
    public ModelState State => Target.State;

    /// <inheritdoc/>
    public ModelManifest? Manifest => Target.Current?.Manifest;

    /// <inheritdoc/>
    public string? UnavailableReason => Target.UnavailableReason;

    /// <inheritdoc/>
    public ModelDescription? Description
        => Target.Current is { } version
            ? new ModelDescription(
                Name,
                version.Manifest.Version,
                Settings.Alias,
                version.Inputs.Layout,
                version.Reader?.Description.Reference,
                version.Accelerator.Accelerator,
                version.Accelerator.FallbackReason)
            {
                Weights = version.Weights,
                MappedByteCount = version.MappedByteCount,
                Engine = version.Engine,
                Providers = version.Session.Nodes.NodeCounts,
                FallbackNodes = version.Session.Nodes.FallbackNodes,
                FallbackNodeCount = version.Session.Nodes.FallbackNodeCount,
                HasPinnedBuffers = version.Session.Staging is { IsPinned: true },
                BatchCosts = version.Batcher?.Curve.Costs ?? [],
            }
            : null;

    /// <inheritdoc/>
    public Task WaitUntilReadyAsync(CancellationToken cancellationToken = default)
        => ModelReadiness.WaitAsync(Demand is null ? Target.WaitUntilReadyAsync(cancellationToken) : LoadAsync(cancellationToken), this, cancellationToken);

    /// <summary>Loads the model without a call that would count.</summary>
    private Task LoadAsync(CancellationToken cancellationToken)
    {
        var call = Start(default);
        return Find(call) is null ? Demand!.LoadAsync(call, cancellationToken) : Task.CompletedTask;
    }

    /// <inheritdoc/>
    public IModel AtVersion(int version)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(version, 1);
        return ViewOf(version);
    }

    /// <inheritdoc/>
    public ValueTask<Prediction> PredictAsync<TKeys, TRequest>(
        TKeys keys, TRequest request, PredictionOptions options = default, CancellationToken cancellationToken = default)
    {
        var call = Start(options);
        if (Find(call) is { } version)
        {
            version.RequireScore();
            RequireService(version);
            if (version.Recorder.Seat?.Table is { } table)
            {
                version = table.Choose<TKeys, TRequest>(version, options.RoutingKey, in keys);
            }

            return version.Singles.TryRent(out var slot)
                ? version.Entities.PredictAsync(slot, call, in keys, in request, cancellationToken)
                : WaitAndPredictAsync(version, call, keys, request, cancellationToken);
        }

        return WaitAndPredictAsync(null, call, keys, request, cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<Prediction> PredictAsync<TKeys>(TKeys keys, PredictionOptions options = default, CancellationToken cancellationToken = default)
        => PredictAsync(keys, default(NoRequest), options, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<Prediction> PredictAsync(ReadOnlyMemory<EntityValue> keys, PredictionOptions options = default, CancellationToken cancellationToken = default)
        => PredictAsync(keys, default(NoRequest), options, cancellationToken);

    /// <inheritdoc/>
    public Prediction Predict(ReadOnlySpan<float> features, PredictionOptions options = default, CancellationToken cancellationToken = default)
    {
        var call = Start(options);
        var version = ChooseForRows(CurrentWithScore(call, cancellationToken), options);
        while (true)
        {
            version.Features.Check(features);
            if (version.Rent(version.Singles, call, 1, cancellationToken) is { } slot)
            {
                return version.Features.Predict(slot, call, features, cancellationToken);
            }

            version = CurrentWithScore(call, cancellationToken);
        }
    }

    /// <inheritdoc/>
    public void Predict(ReadOnlySpan<float> features, Span<float> outputs, PredictionOptions options = default, CancellationToken cancellationToken = default)
    {
        var call = Start(options);
        var version = ChooseForOutputs(CurrentWithScore(call, cancellationToken), options);
        while (true)
        {
            var rowCount = version.Features.CheckRows(features, outputs);
            var pool = rowCount <= 1 ? version.Singles : version.Batches;
            if (rowCount == 0 || version.Features.TryPredict(pool, call, features, rowCount, outputs, cancellationToken))
            {
                return;
            }

            version = CurrentWithScore(call, cancellationToken);
        }
    }

    /// <inheritdoc/>
    public void Run(ModelInputs inputs, ModelOutputs outputs, PredictionOptions options = default, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        ArgumentNullException.ThrowIfNull(outputs);
        var call = Start(options);
        while (true)
        {
            var version = Current(call, cancellationToken);
            version.ByName.Plan.Check(inputs);
            if (version.Rent(version.Tensors, call, 1, cancellationToken) is { } slot)
            {
                version.ByName.Run(slot, call, inputs, outputs, cancellationToken);
                return;
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask RunAsync(ModelInputs inputs, ModelOutputs outputs, PredictionOptions options = default, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        ArgumentNullException.ThrowIfNull(outputs);
        var call = Start(options);
        while (true)
        {
            var version = await CurrentAsync(call, cancellationToken).ConfigureAwait(false);
            version.ByName.Plan.Check(inputs);
            if (await version.RentAsync(version.Tensors, call, 1, cancellationToken).ConfigureAwait(false) is { } slot)
            {
                version.ByName.Run(slot, call, inputs, outputs, cancellationToken);
                return;
            }
        }
    }

    /// <inheritdoc/>
    public IModel<TFeatures, TResult> As<TFeatures, TResult>() => new RecordModel<TFeatures, TResult>(this);

    /// <inheritdoc/>
    public void Predict(FeatureRows rows, Span<Prediction> results, PredictionOptions options = default, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(rows);
        var call = Start(options);
        var version = ChooseForRows(CurrentWithScore(call, cancellationToken), options);
        while (true)
        {
            version.Features.Check(rows, results.Length);
            var pool = rows.RowCount <= 1 ? version.Singles : version.Batches;
            if (rows.RowCount == 0 || version.Features.TryPredict(pool, call, rows, results[..rows.RowCount], cancellationToken))
            {
                return;
            }

            version = CurrentWithScore(call, cancellationToken);
        }
    }

    /// <inheritdoc/>
    public Task<RecordBatch> ScoreAsync(RecordBatch batch, ScoringOptions? options = null, CancellationToken cancellationToken = default)
        => _tables.ScoreAsync(batch, options, cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<RecordBatch> ScoreAsync(IAsyncEnumerable<RecordBatch> batches, ScoringOptions? options = null, CancellationToken cancellationToken = default)
        => _tables.ScoreAsync(batches, options, cancellationToken);

    /// <inheritdoc/>
    public Task<FileScoringResult> ScoreFileAsync(
        string inputPath,
        string outputPath,
        FileScoringOptions? options = null,
        IProgress<FileScoringProgress>? progress = null,
        CancellationToken cancellationToken = default)
        => _tables.ScoreFileAsync(inputPath, outputPath, options, progress, cancellationToken);

    private async ValueTask<Prediction> WaitAndPredictAsync<TKeys, TRequest>(
        ServingVersion? version, CallContext call, TKeys keys, TRequest request, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (version is null)
            {
                version = await CurrentWithScoreAsync(call, cancellationToken).ConfigureAwait(false);
                RequireService(version);
            }

            if (await version.RentAsync(version.Singles, call, 1, cancellationToken).ConfigureAwait(false) is { } slot)
            {
                return await version.Entities.PredictAsync(slot, call, in keys, in request, cancellationToken).ConfigureAwait(false);
            }

            // It has left service: the champion of now answers.
            version = null;
        }
    }

    /// <summary>Begins a call.</summary>
    /// <param name="options">What the caller said.</param>
    internal CallContext Start(in PredictionOptions options)
    {
        var started = _clock.GetTimestamp();
        var now = _clock.ToMicroseconds(started);
        return new CallContext(started, now, options.AsOf is { } time ? Microseconds.FromRequestTime(time) : now, options.Tags, Bounded(options.Timeout)) { Caller = PredictionSpan.FindCaller() };
    }

    /// <summary>What no timer can measure, and what says that there is no end, is no bound.</summary>
    private static TimeSpan? Bounded(TimeSpan? timeout) => timeout is { } time && time != Timeout.InfiniteTimeSpan && time.TotalMilliseconds < int.MaxValue ? time : null;

    /// <summary>The version to begin on.</summary>
    /// <param name="call">The call.</param>
    /// <returns>The version; null if it has to be loaded first.</returns>
    /// <exception cref="ModelNotReadyException">There is none, and waiting does not help.</exception>
    internal ServingVersion? Find(in CallContext call)
    {
        if (Demand is null)
        {
            return Target.Current ?? throw Refuse(call, Target.NotReady());
        }

        Demand.Touch(call.Started);
        return Target.Current;
    }

    /// <summary>The version that answers a call whose caller brings the features: the champion, or the challenger whose turn it is. Should that leave service first, the champion answers.</summary>
    /// <param name="champion">The version to begin on.</param>
    /// <param name="options">What the caller said.</param>
    internal static ServingVersion ChooseForRows(ServingVersion champion, in PredictionOptions options)
        => champion.Recorder.Seat?.Table is { } table ? table.Choose(champion, options.RoutingKey) : champion;

    /// <summary>As <see cref="ChooseForRows"/>, but a challenger whose outputs do not fit into the same memory leaves the call to the champion.</summary>
    private static ServingVersion ChooseForOutputs(ServingVersion champion, in PredictionOptions options)
        => ChooseForRows(champion, options) is var chosen
            && chosen.Outputs!.Score.Width == champion.Outputs!.Score.Width && chosen.Outputs.Score.ElementType == champion.Outputs.Score.ElementType
                ? chosen
                : champion;

    /// <summary>The version to begin on, whose answers have a score; loads it if need be, on the caller's time.</summary>
    /// <param name="call">The call.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="InvalidOperationException">It has none.</exception>
    internal ServingVersion CurrentWithScore(in CallContext call, CancellationToken cancellationToken)
    {
        var version = Current(call, cancellationToken);
        version.RequireScore();
        return version;
    }

    /// <summary>As <see cref="CurrentWithScore"/>, but waiting holds no thread.</summary>
    /// <param name="call">The call.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="InvalidOperationException">It has none.</exception>
    internal async ValueTask<ServingVersion> CurrentWithScoreAsync(CallContext call, CancellationToken cancellationToken)
    {
        var version = await CurrentAsync(call, cancellationToken).ConfigureAwait(false);
        version.RequireScore();
        return version;
    }

    private ServingVersion Current(in CallContext call, CancellationToken cancellationToken)
        => Find(call) ?? LoadAsync(call, cancellationToken).GetAwaiter().GetResult();

    private ValueTask<ServingVersion> CurrentAsync(CallContext call, CancellationToken cancellationToken)
        => Find(call) is { } version ? new ValueTask<ServingVersion>(version) : new ValueTask<ServingVersion>(LoadAsync(call, cancellationToken));

    private async Task<ServingVersion> LoadAsync(CallContext call, CancellationToken cancellationToken)
    {
        try
        {
            return await Demand!.LoadAsync(call, cancellationToken).ConfigureAwait(false);
        }
        catch (ModelNotReadyException e)
        {
            Refuse(call, e);
            throw;
        }
    }

    /// <summary>Counts a call that no version could begin.</summary>
    private ModelNotReadyException Refuse(in CallContext call, ModelNotReadyException failure)
    {
        InferenceMetrics.RecordNotReady(Name);
        PredictionSpan.NotReady(Name, Target.Variant, call, _clock.GetTimestamp() - call.Started is var ticks ? _clock.Time.GetElapsedTime(0, ticks) : default, failure);
        return failure;
    }

    private static void RequireService(ServingVersion version)
    {
        if (version.Reader is null)
        {
            throw new InvalidOperationException(
                $"Expected {version.Manifest.Where} to have a feature service to read by entity keys, but it has none; pass the features to {nameof(Predict)}.");
        }
    }
}
