using Microsoft.ML.OnnxRuntime;
using Mlp.Runtime.Batching;
using Mlp.Runtime.Data;
using Mlp.Runtime.Predictions;
using Mlp.Runtime.Routing;

namespace Mlp.Runtime.Inference;

/// <summary>
/// What one call needs, made once: rows in pinned memory, entity keys, the session bound to that memory, and the score. Holds a lease of the session for its life.
/// Not thread-safe: whoever rented it is alone with it.
/// </summary>
internal sealed class InferenceSlot : IPooledSlot
{
    private const int KeptShapes = 64;

    private readonly ExecutionSession _session;
    private readonly InputBuffer[] _buffers;
    private readonly OutputPlans _outputs;
    private readonly InputPlan _inputs;
    private readonly InterruptibleRun _run = new();
    private readonly BoundShapeCache _scores;
    private readonly BoundShapeCache _all;
    private WindowedShape? _window;
    private WindowedShape? _windowOfAll;
    private OutputBuffer[]? _others;
    private Prediction[]? _predictions;
    private KeptRequest? _request;
    private int _rowsRun;

    /// <summary>Makes a slot.</summary>
    /// <param name="session">The session.</param>
    /// <param name="inputs">Which features fill which input.</param>
    /// <param name="outputs">The score output, and others.</param>
    /// <param name="keyCount">Number of entity keys of a row.</param>
    /// <param name="capacity">Greatest number of rows of a run.</param>
    /// <param name="time">The clock of deadlines.</param>
    /// <param name="keptShapes">Greatest number of different numbers of rows that stay bound.</param>
    /// <exception cref="ObjectDisposedException">The session is gone.</exception>
    public InferenceSlot(ExecutionSession session, InputPlan inputs, OutputPlans outputs, int keyCount, int capacity, TimeProvider time, int keptShapes = KeptShapes)
    {
        ObjectDisposedException.ThrowIf(!session.TryAcquire(), session);
        _session = session;
        _inputs = inputs;
        _outputs = outputs;
        Rows = new FeatureRows(inputs.Layout, capacity);
        Keys = new EntityValue[keyCount];
        Score = new ScoreBuffer(outputs.Score, capacity);
        Deadline = new CallDeadline(time);
        _buffers = [.. inputs.Inputs.Select(i => InputBuffer.Create(i, Rows))];
        _scores = new BoundShapeCache(Math.Min(keptShapes, capacity));
        _all = new BoundShapeCache(Math.Min(keptShapes, capacity));
    }

    /// <inheritdoc/>
    public int Index { get; set; }

    /// <summary>The features.</summary>
    public FeatureRows Rows { get; }

    /// <summary>The entity keys of a single row.</summary>
    public EntityValue[] Keys { get; }

    /// <summary>The inputs, one per input of the model.</summary>
    public IReadOnlyList<InputBuffer> Inputs => _buffers;

    /// <summary>The score output of the last run.</summary>
    public ScoreBuffer Score { get; }

    /// <summary>The other outputs of the last run that was asked for them, in the order of <see cref="OutputPlans.Others"/>.</summary>
    public OutputBuffer[] Others => _others ??= [.. _outputs.Others.Select(o => OutputBuffer.Create(o, Rows.Capacity))];

    /// <summary>Room for the answers of all rows, for calls whose callers want something else.</summary>
    public Prediction[] Predictions => _predictions ??= new Prediction[Rows.Capacity];

    /// <summary>The call that fills the slot, where a shadow needs its keys and its request; null otherwise.</summary>
    public IShadowCall? Call { get; set; }

    /// <summary>The request of the call, where a sink wants it; null otherwise.</summary>
    public KeptRequest? Request => _request is { IsSet: true } request ? request : null;

    /// <summary>Where the time of the call went.</summary>
    public CallTiming Timing { get; } = new();

    /// <summary>The deadline of the call.</summary>
    public CallDeadline Deadline { get; }

    /// <summary>How the thread of a call waits for a batch; null until one has, and for slots of batches.</summary>
    public BlockedCall? Blocked { get; set; }

    /// <summary>Keeps the request of the call until its end.</summary>
    /// <typeparam name="TRequest">The request.</typeparam>
    /// <param name="request">The request.</param>
    public void KeepRequest<TRequest>(in TRequest request)
    {
        if (_request is not KeptRequest<TRequest> kept)
        {
            _request = kept = new KeptRequest<TRequest>();
        }

        kept.Set(in request);
    }

    /// <summary>Copies one row of outputs of another slot's run.</summary>
    /// <param name="source">A slot of the same version.</param>
    /// <param name="sourceRow">Row to copy.</param>
    /// <param name="row">Row to write.</param>
    /// <param name="withOthers">Whether the other outputs are wanted too.</param>
    public void CopyOutputs(InferenceSlot source, int sourceRow, int row, bool withOthers)
    {
        Score.CopyRow(source.Score, sourceRow, row);
        for (var i = 0; withOthers && i < _outputs.Others.Count; i++)
        {
            Others[i].CopyRow(source.Others[i], sourceRow, row);
        }
    }

    /// <summary>Counts a row of this slot that ran in another one, among others.</summary>
    public void CountRow() => _rowsRun++;

    /// <summary>Runs the rows in use.</summary>
    /// <param name="interruptible">
    /// Whether a cancelled token ends the run itself. Listening to a token costs something, and a run of microseconds is over before anybody could interrupt it, so that is for long runs.
    /// </param>
    /// <param name="withOthers">Whether the other outputs are wanted too.</param>
    /// <param name="cancellationToken">Looked at before the run in any case.</param>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <exception cref="OnnxRuntimeException">The run failed.</exception>
    public void Run(bool interruptible, bool withOthers, CancellationToken cancellationToken)
    {
        CallCancellation.ThrowIfRequested(CallStage.Start, cancellationToken);
        var rowCount = Rows.RowCount;
        var shape = (withOthers ? _all : _scores).Find(rowCount) ?? Bind(rowCount, withOthers);
        if (interruptible && cancellationToken.CanBeCanceled)
        {
            _run.Run(shape, cancellationToken);
        }
        else
        {
            shape.Run(_run.Options);
        }

        Score.Complete(rowCount);
        _rowsRun += rowCount;
    }

    /// <summary>Runs the rows in use for the score alone.</summary>
    /// <param name="interruptible">As in the overload with the other outputs.</param>
    /// <param name="cancellationToken">Looked at before the run in any case.</param>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <exception cref="OnnxRuntimeException">The run failed.</exception>
    public void Run(bool interruptible, CancellationToken cancellationToken) => Run(interruptible, withOthers: false, cancellationToken);

    /// <inheritdoc/>
    public int EndCall()
    {
        Deadline.Stop();
        Timing.EndCall();
        Call = null;
        _request?.Clear();
        var rowsRun = _rowsRun;
        _rowsRun = 0;
        return rowsRun;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _scores.Dispose();
        _all.Dispose();
        _window?.Dispose();
        _windowOfAll?.Dispose();
        _run.Dispose();
        Deadline.Dispose();
        _session.Release();
    }

    /// <summary>Binding costs microseconds and memory of ONNX Runtime, so the shapes that are used stay; a batch has one full size and a few remainders.</summary>
    private BoundShape Bind(int rowCount, bool withOthers)
    {
        OutputBuffer[] outputs = withOthers ? [Score, .. Others] : [Score];
        return (withOthers ? _all : _scores).Add(Bind(outputs, rowCount, withOthers));
    }

    private BoundShape Bind(OutputBuffer[] outputs, int rowCount, bool withOthers)
    {
        if (!_inputs.NeedsWindow && _outputs.Score.Conversion is null)
        {
            return _session.Bind(_buffers, outputs, rowCount);
        }

        if (_inputs.FixedBatch == 0)
        {
            return new WindowedShape(_session, new InputWindows(_buffers, Rows, rowCount), outputs, rowCount);
        }

        // Every number of rows runs in the same tensors.
        ref var window = ref withOthers ? ref _windowOfAll : ref _window;
        window ??= new WindowedShape(_session, new InputWindows(_buffers, Rows, _inputs.FixedBatch), outputs, _inputs.FixedBatch);
        return window.For(rowCount);
    }
}
