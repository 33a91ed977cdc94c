using Mlp.Runtime.Data;
using Mlp.Runtime.Models;
using Mlp.Runtime.Predictions;
using Mlp.Runtime.Scoring;

namespace Mlp.Runtime.Inference;

/// <summary>
/// One loaded version: its session, its slots and everything a call needs that does not change. It is published by one reference, and retired by closing its pools:
/// calls that hold a slot finish, and the last slot takes the session with it. Thread-safe.
/// </summary>
internal sealed class ServingVersion
{
    /// <summary>Rows of a run of a batch: beyond it a row gets no cheaper.</summary>
    public const int BatchRows = 256;

    private readonly ExecutionSession _session;

    /// <summary>Puts a version together. Takes over the creator's lease of the session.</summary>
    /// <param name="served">The version as observers see it.</param>
    /// <param name="session">The session.</param>
    /// <param name="inputs">Which features fill which input.</param>
    /// <param name="output">The score output.</param>
    /// <param name="reader">The feature service; null when callers bring the features.</param>
    /// <param name="recorder">Who hears of predictions.</param>
    /// <param name="clock">The clock of calls.</param>
    /// <param name="poolSize">Calls at once.</param>
    public ServingVersion(
        ServedModel served,
        ExecutionSession session,
        InputPlan inputs,
        OutputPlan output,
        IFeatureServiceReader? reader,
        PredictionRecorder recorder,
        PredictionClock clock,
        int poolSize)
    {
        _session = session;
        Served = served;
        Inputs = inputs;
        Output = output;
        Reader = reader;
        Recorder = recorder;
        Score = new ScoreReader(served.Manifest.Output);
        Singles = new SlotPool(poolSize, () => new InferenceSlot(session, inputs, output, served.Keys.Count, 1));
        Batches = new SlotPool(poolSize, () => new InferenceSlot(session, inputs, output, 0, BatchRows));
        var predictor = new Predictor(this, clock);
        Entities = new EntityPredictor(this, predictor);
        Features = new FeaturePredictor(this, predictor);
        Tables = new BatchScorer(this);
    }

    /// <summary>The version as observers see it.</summary>
    public ServedModel Served { get; }

    /// <summary>The published version.</summary>
    public ModelManifest Manifest => Served.Manifest;

    /// <summary>Where it runs.</summary>
    public Accelerators.AcceleratorChoice Accelerator => _session.Accelerator;

    /// <summary>Which features fill which input.</summary>
    public InputPlan Inputs { get; }

    /// <summary>The feature service; null when callers bring the features.</summary>
    public IFeatureServiceReader? Reader { get; }

    /// <summary>What features do that have no value.</summary>
    public required NullRules Nulls { get; init; }

    /// <summary>What the outputs mean.</summary>
    public ScoreReader Score { get; }

    /// <summary>The score output.</summary>
    public OutputPlan Output { get; }

    /// <summary>Slots of one row.</summary>
    public SlotPool Singles { get; }

    /// <summary>Slots of up to <see cref="BatchRows"/> rows.</summary>
    public SlotPool Batches { get; }

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

    /// <summary>Whether a run is long enough to be worth interrupting.</summary>
    /// <param name="rowCount">Number of rows.</param>
    public bool IsInterruptible(int rowCount) => RunNanoseconds * rowCount > 1_000_000;

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
            return new InferenceSlot(_session, Inputs, Output, 0, BatchRows);
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
        await Singles.Drained.ConfigureAwait(false);
        await Batches.Drained.ConfigureAwait(false);
        Recorder.Detach();
        _session.Release();
    }
}
