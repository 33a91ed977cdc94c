using Mlp.Runtime.Batching;
using Mlp.Runtime.Data;
using Mlp.Runtime.Models;
using Mlp.Runtime.Predictions;
using Mlp.Runtime.Scoring;

namespace Mlp.Runtime.Inference;

/// <summary>
/// A loaded version in one role: its slots and everything a call needs that does not change. It is published by one reference, and retired by closing its pools:
/// calls that hold a slot finish, and then the version may be unloaded. Roles of one version share its session. Thread-safe.
/// </summary>
internal sealed class ServingVersion
{
    /// <summary>Rows of a run of a batch: beyond it a row gets no cheaper.</summary>
    public const int BatchRows = 256;

    private readonly ExecutionSession _session;
    private readonly PredictionClock _clock;

    /// <summary>Puts a version together. Takes over a lease of the session.</summary>
    /// <param name="served">The version as observers see it.</param>
    /// <param name="session">The session.</param>
    /// <param name="inputs">Which features fill which input; nothing for a model without a score.</param>
    /// <param name="outputs">The score output, and others; null for a model without a score.</param>
    /// <param name="reader">The feature service; null when callers bring the features.</param>
    /// <param name="recorder">Who hears of predictions.</param>
    /// <param name="clock">The clock of calls.</param>
    /// <param name="settings">The model's settings.</param>
    public ServingVersion(
        ServedModel served,
        ExecutionSession session,
        InputPlan inputs,
        OutputPlans? outputs,
        IFeatureServiceReader? reader,
        PredictionRecorder recorder,
        PredictionClock clock,
        ModelSettings settings)
    {
        _session = session;
        Served = served;
        Inputs = inputs;
        Reader = reader;
        Recorder = recorder;
        Score = new ScoreReader(served.Manifest.Output);
        Outputs = outputs;
        _clock = clock;
        var queue = new SlotQueue(served.Manifest.Name, served.Manifest.Version, settings.MaximumQueueLength, clock.Time);
        var calls = settings.Batching?.SlotCount(settings.PoolSize) ?? settings.PoolSize;
        Singles = new SlotPool<InferenceSlot>(calls, queue, () => new InferenceSlot(session, inputs, RequireScore(), served.Keys.Count, 1, clock.Time));
        Batches = new SlotPool<InferenceSlot>(settings.PoolSize, queue, CreateBatchSlot);
        Tensors = new SlotPool<TensorSlot>(settings.PoolSize, queue, () => new TensorSlot(session, ByName!.Plan, clock.Time));
        ByName = new TensorPredictor(this, clock);
        var predictor = new Predictor(this, clock);
        Batched = new BatchingPredictor(this, predictor, clock);
        Entities = new EntityPredictor(this, predictor);
        Features = new FeaturePredictor(this, predictor);
        Tables = new BatchScorer(this);
        SlotMetrics.Add(this);
    }

    /// <summary>The version as observers see it.</summary>
    public ServedModel Served { get; }

    /// <summary>The published version.</summary>
    public ModelManifest Manifest => Served.Manifest;

    /// <summary>The session, for what is known of it.</summary>
    public ExecutionSession Session => _session;

    /// <summary>Where it runs.</summary>
    public Accelerators.AcceleratorChoice Accelerator => _session.Accelerator;

    /// <summary>Where the weights lie.</summary>
    public WeightStorage Weights => _session.Weights;

    /// <summary>Bytes of weights in mapped files.</summary>
    public long MappedByteCount => _session.MappedByteCount;

    /// <summary>Rows that have run in this role; scoring of streams and files does not count.</summary>
    public long RowCount => Singles.RowCount + Batches.RowCount + Tensors.RowCount;

    /// <summary>Which features fill which input.</summary>
    public InputPlan Inputs { get; }

    /// <summary>The feature service; null when callers bring the features.</summary>
    public IFeatureServiceReader? Reader { get; }

    /// <summary>What features do that have no value.</summary>
    public required NullRules Nulls { get; init; }

    /// <summary>What the outputs mean.</summary>
    public ScoreReader Score { get; }

    /// <summary>Lets calls of one row share runs; null where batching is off.</summary>
    public DynamicBatcher? Batcher { get; private set; }

    /// <summary>Calls that share runs and whose callers await the answer, where there is a <see cref="Batcher"/>.</summary>
    public BatchingPredictor Batched { get; }

    /// <summary>Slots of one row.</summary>
    public SlotPool<InferenceSlot> Singles { get; }

    /// <summary>Slots of up to <see cref="BatchRows"/> rows.</summary>
    public SlotPool<InferenceSlot> Batches { get; }

    /// <summary>Slots of calls by named inputs and outputs.</summary>
    public SlotPool<TensorSlot> Tensors { get; }

    /// <summary>The score output, and others; null for a model without a score.</summary>
    public OutputPlans? Outputs { get; }

    /// <summary>Calls by named inputs and outputs.</summary>
    public TensorPredictor ByName { get; }

    /// <summary>The version in sentences.</summary>
    public string Where => Manifest.Where;

    /// <summary>Which engine serves.</summary>
    public Kernels.KernelDescription Engine { get; init; } = Kernels.KernelDescription.None("Nothing has been measured.");

    /// <summary>Measured time of a run of one row, nanoseconds.</summary>
    public long RunNanoseconds { get; set; }

    /// <summary>Who hears of predictions.</summary>
    public PredictionRecorder Recorder { get; }

    /// <summary>Predictions by entity key.</summary>
    public EntityPredictor Entities { get; }

    /// <summary>Scores tables.</summary>
    public BatchScorer Tables { get; }

    /// <summary>Predictions on features that the caller brings.</summary>
    public FeaturePredictor Features { get; }

    /// <summary>What keeps the version loaded; given back when the role has ended.</summary>
    public IDisposable? Lease { get; init; }

    /// <summary>Whether a run is long enough to be worth interrupting.</summary>
    /// <param name="rowCount">Number of rows.</param>
    public bool IsInterruptible(int rowCount) => RunNanoseconds * rowCount > 1_000_000;

    /// <summary>The outputs of a model with a score.</summary>
    /// <exception cref="InvalidOperationException">The model has none.</exception>
    public OutputPlans RequireScore() => Outputs ?? throw new InvalidOperationException(
        $"Expected a model with a score, but {Where} was published with task {Models.ModelTask.Tensors}; call it by its inputs and outputs ({nameof(IModel)}.{nameof(IModel.Run)}).");

    /// <summary>How busy the slots are, by kind.</summary>
    public IReadOnlyList<SlotReading> ReadSlots() => [Read(Singles, "row"), Read(Batches, "rows"), Read(Tensors, "named")];

    /// <summary>Waits for a slot on the caller's thread; a call that gets none is counted.</summary>
    /// <typeparam name="TSlot">The slots.</typeparam>
    /// <param name="pool">A pool of this version.</param>
    /// <param name="call">The call.</param>
    /// <param name="rowCount">Predictions that it asks for.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The slot, or null if the version has left service.</returns>
    public TSlot? Rent<TSlot>(SlotPool<TSlot> pool, in CallContext call, int rowCount, CancellationToken cancellationToken)
        where TSlot : class, IPooledSlot
    {
        if (pool.TryRent(out var slot))
        {
            return slot;
        }

        var began = _clock.GetTimestamp();
        try
        {
            return pool.Rent(WaitOf(call), cancellationToken);
        }
        catch (Exception e)
        {
            var explained = ExplainWait(e, cancellationToken);
            RecordNoSlot(explained, call, rowCount);
            Predictor.Rethrow(e, explained);
            throw;
        }
        finally
        {
            RecordWait(began);
        }
    }

    /// <summary>Waits for a slot without holding a thread; a call that gets none is counted.</summary>
    /// <typeparam name="TSlot">The slots.</typeparam>
    /// <param name="pool">A pool of this version.</param>
    /// <param name="call">The call.</param>
    /// <param name="rowCount">Predictions that it asks for.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The slot, or null if the version has left service.</returns>
    public async ValueTask<TSlot?> RentAsync<TSlot>(SlotPool<TSlot> pool, CallContext call, int rowCount, CancellationToken cancellationToken)
        where TSlot : class, IPooledSlot
    {
        if (pool.TryRent(out var slot))
        {
            return slot;
        }

        var began = _clock.GetTimestamp();
        try
        {
            return await pool.RentAsync(WaitOf(call), cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            var explained = ExplainWait(e, cancellationToken);
            RecordNoSlot(explained, call, rowCount);
            Predictor.Rethrow(e, explained);
            throw;
        }
        finally
        {
            RecordWait(began);
        }
    }

    /// <summary>Waits for a slot to score a table with, without holding a thread. Tables count as rows, not as calls, so one that gets no slot is not counted.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The slot, or null if the version has left service.</returns>
    public async ValueTask<InferenceSlot?> RentForTableAsync(CancellationToken cancellationToken)
    {
        if (Batches.TryRent(out var slot))
        {
            return slot;
        }

        var began = _clock.GetTimestamp();
        try
        {
            return await Batches.RentAsync(null, cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (cancellationToken.IsCancellationRequested)
        {
            throw CallCancellation.Explain(Where, e, cancellationToken, CallStage.Slot);
        }
        finally
        {
            RecordWait(began);
        }
    }

    /// <summary>Begins the deadline of a call that has its slot.</summary>
    /// <param name="deadline">That of the slot.</param>
    /// <param name="call">The call.</param>
    /// <param name="cancellationToken">The caller's token.</param>
    /// <returns>The token to look at.</returns>
    public CancellationToken Start(CallDeadline deadline, in CallContext call, CancellationToken cancellationToken)
        => call.Timeout is null ? cancellationToken : deadline.Start(RemainingOf(call), cancellationToken);

    /// <summary>What a caller is told of a failure.</summary>
    /// <param name="failure">The failure.</param>
    /// <param name="call">The call.</param>
    /// <param name="slotCount">Calls at once.</param>
    /// <param name="cancellationToken">The caller's token.</param>
    public Exception Explain(Exception failure, in CallContext call, int slotCount, CancellationToken cancellationToken) => failure switch
    {
        // Not the caller's own token, so it was the clock.
        OperationCanceledException when call.Timeout is { } timeout && !cancellationToken.IsCancellationRequested
            => PredictionTimeoutException.InCall(Manifest.Name, Manifest.Version, timeout, slotCount, failure),
        OperationCanceledException cancelled when cancellationToken.IsCancellationRequested => CallCancellation.Explain(Where, cancelled, cancellationToken),
        Microsoft.ML.OnnxRuntime.OnnxRuntimeException => new InferenceFailedException(Manifest.Name, Manifest.Version, failure),
        _ => failure,
    };

    /// <summary>How a call ended that failed.</summary>
    /// <param name="explained">What its caller is told.</param>
    public static PredictionOutcome OutcomeOf(Exception explained) => explained switch
    {
        PredictionTimeoutException or TimeoutException => PredictionOutcome.TimedOut,
        ModelOverloadedException or PredictionShedException => PredictionOutcome.Shed,
        OperationCanceledException => PredictionOutcome.Cancelled,
        _ => PredictionOutcome.Error,
    };

    /// <summary>Time that a call still has; null for any.</summary>
    /// <param name="call">The call.</param>
    public TimeSpan? RemainingOf(in CallContext call)
        => call.Timeout is { } timeout ? timeout - TimeSpan.FromTicks(_clock.NanosecondsBetween(call.Started, _clock.GetTimestamp()) / TimeSpan.NanosecondsPerTick) : null;

    /// <summary>Lets calls of one row share runs from now on.</summary>
    /// <param name="settings">The settings.</param>
    /// <param name="curve">What runs take, as far as it is known.</param>
    public void StartBatching(BatchingSettings settings, CostCurve curve)
        => Batcher = new DynamicBatcher(settings, Served, _clock, curve, (capacity, sizes) => new InferenceSlot(_session, Inputs, RequireScore(), 0, capacity, _clock.Time, sizes));

    /// <summary>Makes a batch slot that belongs to no pool, for scoring that goes on for long. It keeps the session for its life; the caller disposes of it.</summary>
    /// <returns>The slot, or null if the session is gone.</returns>
    public InferenceSlot? TryCreateBatchSlot()
    {
        if (!_session.TryAcquire())
        {
            return null;
        }

        try
        {
            return CreateBatchSlot();
        }
        finally
        {
            _session.Release();
        }
    }

    /// <summary>Takes no more calls, and disposes of everything when the last one has ended.</summary>
    /// <returns>A task that completes when nothing is left.</returns>
    public async Task RetireAsync()
    {
        Singles.Close();
        Batches.Close();
        Tensors.Close();
        await Singles.Drained.ConfigureAwait(false);
        await Batches.Drained.ConfigureAwait(false);
        await Tensors.Drained.ConfigureAwait(false);
        await (Batcher?.CloseAsync() ?? Task.CompletedTask).ConfigureAwait(false);
        Recorder.Detach();
        _session.Release();
        Lease?.Dispose();
    }

    /// <summary>Undoes a version that never came into service; what keeps it loaded stays the creator's.</summary>
    public void Abandon()
    {
        Singles.Close();
        Batches.Close();
        Tensors.Close();
        _ = Batcher?.CloseAsync();
        Recorder.Detach();
        _session.Release();
    }

    private SlotWait? WaitOf(in CallContext call) => RemainingOf(call) is { } remaining ? new SlotWait(remaining, call.Timeout!.Value) : null;

    private void RecordNoSlot(Exception exception, in CallContext call, int rowCount)
    {
        var latency = _clock.NanosecondsBetween(call.Started, _clock.GetTimestamp());
        Recorder.Count(OutcomeOf(exception), rowCount, latency);
        PredictionSpan.Start(this, call, rowCount, OutcomeOf(exception), latency, exception).Dispose();
    }

    private Exception ExplainWait(Exception exception, CancellationToken cancellationToken)
        => exception is OperationCanceledException cancelled ? CallCancellation.Explain(Where, cancelled, cancellationToken, CallStage.Slot) : exception;

    private void RecordWait(long began) => Recorder.Metrics.RecordWait(_clock.NanosecondsBetween(began, _clock.GetTimestamp()));

    private SlotReading Read<TSlot>(SlotPool<TSlot> pool, string kind)
        where TSlot : class, IPooledSlot
        => new(Manifest.Name, Manifest.Version, Served.Variant, kind, pool.UsedCount, pool.Size, pool.WaitingCount);

    private InferenceSlot CreateBatchSlot() => new(_session, Inputs, RequireScore(), 0, BatchRows, _clock.Time);
}
