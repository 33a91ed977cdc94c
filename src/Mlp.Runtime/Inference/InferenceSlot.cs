using Microsoft.ML.OnnxRuntime;
using Mlp.Runtime.Data;

namespace Mlp.Runtime.Inference;

/// <summary>
/// What one call needs, made once: rows in pinned memory, entity keys, the session bound to that memory, and the score. Holds a lease of the session for its life.
/// Not thread-safe: whoever rented it is alone with it.
/// </summary>
internal sealed class InferenceSlot : IDisposable
{
    private const int KeptShapes = 64;

    private static readonly Action<object?> TerminateRun = static slot => ((InferenceSlot)slot!).Terminate();

    private readonly ExecutionSession _session;
    private readonly InputBuffer[] _buffers;
    private readonly OutputPlan _output;
    private readonly RunOptions _runOptions = new() { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL };
    private readonly BoundShape?[] _shapes;
    private int _nextShape;
    private volatile bool _terminated;

    /// <summary>Makes a slot.</summary>
    /// <param name="session">The session.</param>
    /// <param name="inputs">Which features fill which input.</param>
    /// <param name="output">The score output.</param>
    /// <param name="keyCount">Number of entity keys of a row.</param>
    /// <param name="capacity">Greatest number of rows of a run.</param>
    /// <exception cref="ObjectDisposedException">The session is gone.</exception>
    public InferenceSlot(ExecutionSession session, InputPlan inputs, OutputPlan output, int keyCount, int capacity)
    {
        ObjectDisposedException.ThrowIf(!session.TryAcquire(), session);
        _session = session;
        _output = output;
        Rows = new FeatureRows(inputs.Layout, capacity);
        Keys = new EntityValue[keyCount];
        Score = new ScoreBuffer(output, capacity);
        _buffers = [.. inputs.Inputs.Select(i => InputBuffer.Create(i, Rows))];
        _shapes = new BoundShape?[Math.Min(KeptShapes, capacity)];
    }

    /// <summary>Position in the pool.</summary>
    public int Index { get; set; }

    /// <summary>The features.</summary>
    public FeatureRows Rows { get; }

    /// <summary>The entity keys of a single row.</summary>
    public EntityValue[] Keys { get; }

    /// <summary>The inputs, one per input of the model.</summary>
    public IReadOnlyList<InputBuffer> Inputs => _buffers;

    /// <summary>The score output of the last run.</summary>
    public ScoreBuffer Score { get; }

    /// <summary>Runs the rows in use.</summary>
    /// <param name="interruptible">
    /// Whether a cancelled token ends the run itself. Listening to a token allocates, and a run of microseconds is over before anybody could interrupt it, so that is for long runs.
    /// </param>
    /// <param name="cancellationToken">Looked at before the run in any case.</param>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <exception cref="OnnxRuntimeException">The run failed.</exception>
    /// <param name="isWritten">Whether the caller has written the inputs that are plain memory (<see cref="IInputMemory{T}"/>) itself, so that only the others are filled from the rows.</param>
    public void Run(bool interruptible, CancellationToken cancellationToken, bool isWritten = false)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (interruptible && cancellationToken.CanBeCanceled)
        {
            RunInterruptibly(isWritten, cancellationToken);
        }
        else
        {
            RunRows(isWritten);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var shape in _shapes)
        {
            shape?.Dispose();
        }

        _runOptions.Dispose();
        _session.Release();
    }

    private void RunInterruptibly(bool isWritten, CancellationToken cancellationToken)
    {
        var registration = cancellationToken.UnsafeRegister(TerminateRun, this);
        try
        {
            RunRows(isWritten);
        }
        catch (OnnxRuntimeException) when (_terminated)
        {
            throw new OperationCanceledException(cancellationToken);
        }
        finally
        {
            // Waits for a callback that is at work, so that the flag is not set again for the next call.
            registration.Dispose();
            if (_terminated)
            {
                _terminated = false;
                _runOptions.Terminate = false;
            }
        }
    }

    private void RunRows(bool isWritten)
    {
        var rowCount = Rows.RowCount;
        Shape(rowCount).Run(_session, _runOptions, isWritten);
        Score.Complete(rowCount);
    }

    private void Terminate()
    {
        _terminated = true;
        _runOptions.Terminate = true;
    }

    /// <summary>Binding costs microseconds and memory of ONNX Runtime, so the shapes that are used stay; a batch has one full size and a few remainders.</summary>
    private BoundShape Shape(int rowCount)
    {
        foreach (var shape in _shapes)
        {
            if (shape is not null && shape.RowCount == rowCount)
            {
                return shape;
            }
        }

        var bound = new BoundShape(_session, _buffers, _output, Score, rowCount);
        _shapes[_nextShape]?.Dispose();
        _shapes[_nextShape] = bound;
        _nextShape = (_nextShape + 1) % _shapes.Length;
        return bound;
    }
}
