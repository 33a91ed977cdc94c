using System.Runtime.CompilerServices;
using Apache.Arrow;
using Mlp.Runtime.Data;
using Mlp.Runtime.Models;
using Mlp.Runtime.Predictions;
using Mlp.Runtime.Scoring;

namespace Mlp.Runtime.Inference;

/// <summary>The door to whichever version is in service. Thread-safe.</summary>
internal sealed class Model : IModel
{
    private readonly PredictionClock _clock;
    private volatile ServingVersion? _current;
    private volatile string? _unavailableReason;
    private volatile ModelState _state = ModelState.Loading;
    private volatile TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Makes a model without a version.</summary>
    /// <param name="settings">Its settings.</param>
    /// <param name="clock">The clock of calls.</param>
    public Model(ModelSettings settings, PredictionClock clock)
    {
        _clock = clock;
        Settings = settings;
        _unavailableReason = $"{settings.Target} has not been loaded yet";
    }

    /// <summary>The settings.</summary>
    public ModelSettings Settings { get; }

    /// <summary>Loads a version beside the one in service, for a file that an earlier run began with it; it tells no observers.</summary>
    public required Func<int, CancellationToken, Task<ServingVersion>> LoadVersion { get; init; }

    /// <inheritdoc/>
    public string Name => Settings.Name;

    /// <inheritdoc/>
    public ModelState State => _state;

    /// <inheritdoc/>
    public ModelManifest? Manifest => _current?.Manifest;

    /// <inheritdoc/>
    public string? UnavailableReason => _unavailableReason;

    /// <inheritdoc/>
    public ModelDescription? Description
        => _current is { } version
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
            }
            : null;

    /// <summary>Puts a version into service. Calls that have begun on the one before go on there.</summary>
    /// <param name="version">The new version.</param>
    /// <returns>The version before, for the caller to retire; null if there was none.</returns>
    public ServingVersion? Publish(ServingVersion version)
    {
        var previous = Interlocked.Exchange(ref _current, version);
        _unavailableReason = null;
        _state = ModelState.Ready;
        _ready.TrySetResult();
        return previous;
    }

    /// <summary>Takes the version out of service.</summary>
    /// <param name="reason">Why, as the rest of a sentence.</param>
    /// <param name="isFinal">Whether no other version will come.</param>
    /// <returns>The version before, for the caller to retire; null if there was none.</returns>
    public ServingVersion? Withdraw(string reason, bool isFinal = false)
    {
        _unavailableReason = reason;
        _state = ModelState.Unavailable;
        if (isFinal)
        {
            var waiting = _ready;
            _ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            Fail(_ready, reason);
            Fail(waiting, reason);
        }

        return Interlocked.Exchange(ref _current, null);
    }

    /// <inheritdoc/>
    public Task WaitUntilReadyAsync(CancellationToken cancellationToken = default) => _ready.Task.WaitAsync(cancellationToken);

    /// <inheritdoc/>
    public ValueTask<Prediction> PredictAsync<TKeys, TRequest>(
        TKeys keys, TRequest request, PredictionOptions options = default, CancellationToken cancellationToken = default)
    {
        var call = Start(options);
        var version = CurrentWithScore();
        RequireService(version);
        return version.Singles.TryRent(out var slot)
            ? version.Entities.PredictAsync(slot, call, in keys, in request, cancellationToken)
            : WaitAndPredictAsync(call, keys, request, cancellationToken);
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
        while (true)
        {
            var version = CurrentWithScore();
            version.Features.Check(features);
            if (version.Rent(version.Singles, call, 1, cancellationToken) is { } slot)
            {
                return version.Features.Predict(slot, call, features, cancellationToken);
            }
        }
    }

    /// <inheritdoc/>
    public void Predict(ReadOnlySpan<float> features, Span<float> outputs, PredictionOptions options = default, CancellationToken cancellationToken = default)
    {
        var call = Start(options);
        while (true)
        {
            var version = CurrentWithScore();
            var rowCount = version.Features.CheckRows(features, outputs);
            var pool = rowCount <= 1 ? version.Singles : version.Batches;
            if (rowCount == 0 || version.Features.TryPredict(pool, call, features, rowCount, outputs, cancellationToken))
            {
                return;
            }
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
            var version = Current();
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
            var version = Current();
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
        while (true)
        {
            var version = CurrentWithScore();
            version.Features.Check(rows, results.Length);
            var pool = rows.RowCount <= 1 ? version.Singles : version.Batches;
            if (rows.RowCount == 0 || version.Features.TryPredict(pool, call, rows, results[..rows.RowCount], cancellationToken))
            {
                return;
            }
        }
    }

    /// <inheritdoc/>
    public async Task<RecordBatch> ScoreAsync(RecordBatch batch, ScoringOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(batch);
        while (true)
        {
            var version = CurrentWithScore();
            var plan = version.Tables.PlanFor(batch.Schema, options ?? ScoringOptions.Default);
            if (await version.Batches.RentAsync(null, cancellationToken).ConfigureAwait(false) is { } slot)
            {
                try
                {
                    return version.Tables.Score(plan, batch, 0, slot, cancellationToken);
                }
                finally
                {
                    version.Batches.Return(slot);
                }
            }
        }
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<RecordBatch> ScoreAsync(
        IAsyncEnumerable<RecordBatch> batches, ScoringOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(batches);
        options ??= ScoringOptions.Default;
        using var scorer = CreateStreamScorer(options.MaxDegreeOfParallelism);
        await foreach (var scored in scorer.ScoreAsync(batches, options, 0, cancellationToken).ConfigureAwait(false))
        {
            yield return scored;
        }
    }

    /// <inheritdoc/>
    public Task<FileScoringResult> ScoreFileAsync(
        string inputPath,
        string outputPath,
        FileScoringOptions? options = null,
        IProgress<FileScoringProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(inputPath);
        ArgumentException.ThrowIfNullOrWhiteSpace(outputPath);
        var scorer = new FileScorer(Name, PinAsync);

        // Reading and writing files blocks its thread.
        return Task.Run(() => scorer.ScoreAsync(inputPath, outputPath, options ?? new FileScoringOptions(), progress, cancellationToken), cancellationToken);
    }

    private async Task<PinnedScorer> PinAsync(int? wanted, int parallelism, CancellationToken cancellationToken)
    {
        if (wanted is not { } version)
        {
            return new PinnedScorer(CreateStreamScorer(parallelism), null);
        }

        // Asked once which version serves: the alias may move between two looks.
        if (_current is { } current && current.Manifest.Version == version && StreamScorer.TryCreate(current, parallelism) is { } scorer)
        {
            return new PinnedScorer(scorer, null);
        }

        var loaded = await LoadVersion(version, cancellationToken).ConfigureAwait(false);
        return new PinnedScorer(StreamScorer.TryCreate(loaded, parallelism)!, loaded.RetireAsync);
    }

    private StreamScorer CreateStreamScorer(int parallelism)
    {
        while (true)
        {
            if (StreamScorer.TryCreate(CurrentWithScore(), parallelism) is { } scorer)
            {
                return scorer;
            }
        }
    }

    private async ValueTask<Prediction> WaitAndPredictAsync<TKeys, TRequest>(
        CallContext call, TKeys keys, TRequest request, CancellationToken cancellationToken)
    {
        while (true)
        {
            var version = CurrentWithScore();
            RequireService(version);
            if (await version.RentAsync(version.Singles, call, 1, cancellationToken).ConfigureAwait(false) is { } slot)
            {
                return await version.Entities.PredictAsync(slot, call, in keys, in request, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private void Fail(TaskCompletionSource waiting, string reason)
    {
        if (waiting.TrySetException(new ModelNotReadyException(Name, reason)))
        {
            // Nobody needs to wait, so it counts as seen.
            _ = waiting.Task.Exception;
        }
    }

    /// <summary>Begins a call.</summary>
    /// <param name="options">What the caller said.</param>
    internal CallContext Start(in PredictionOptions options)
    {
        var started = _clock.GetTimestamp();
        var now = _clock.ToMicroseconds(started);
        return new CallContext(started, now, options.AsOf is { } time ? Microseconds.FromRequestTime(time) : now, options.Tags, Bounded(options.Timeout));
    }

    /// <summary>What no timer can measure, and what says that there is no end, is no bound.</summary>
    private static TimeSpan? Bounded(TimeSpan? timeout) => timeout is { } time && time != Timeout.InfiniteTimeSpan && time.TotalMilliseconds < int.MaxValue ? time : null;

    private ServingVersion Current() => _current ?? throw new ModelNotReadyException(Name, _unavailableReason ?? "it has just been taken out of service");

    /// <summary>The version in service, whose answers have a score.</summary>
    /// <exception cref="InvalidOperationException">It has none.</exception>
    internal ServingVersion CurrentWithScore()
    {
        var version = Current();
        version.RequireScore();
        return version;
    }

    private static void RequireService(ServingVersion version)
    {
        if (version.Reader is null)
        {
            throw new InvalidOperationException(
                FormattableString.Invariant(
                    $"Expected model '{version.Manifest.Name}' version {version.Manifest.Version} to have a feature service to read by entity keys, but it has none; pass the features to {nameof(Predict)}."));
        }
    }
}
