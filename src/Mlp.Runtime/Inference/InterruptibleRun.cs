using Microsoft.ML.OnnxRuntime;

namespace Mlp.Runtime.Inference;

/// <summary>The options of the runs of one slot, and their end before their time: a cancelled token makes ONNX Runtime stop between two operators. Not thread-safe.</summary>
internal sealed class InterruptibleRun : IDisposable
{
    private static readonly Action<object?> TerminateRun = static run => ((InterruptibleRun)run!).Terminate();

    private readonly RunOptions _options = new() { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL };
    private volatile bool _terminated;

    /// <summary>The options, for a run that nobody interrupts.</summary>
    public RunOptions Options => _options;

    /// <summary>Runs a bound shape, and lets the token end it.</summary>
    /// <param name="shape">The shape.</param>
    /// <param name="cancellationToken">Ends the run.</param>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public void Run(BoundShape shape, CancellationToken cancellationToken)
    {
        var registration = cancellationToken.UnsafeRegister(TerminateRun, this);
        try
        {
            shape.Run(_options);
        }
        catch (OnnxRuntimeException) when (_terminated)
        {
            throw new StageCancelledException(CallStage.Run, cancellationToken);
        }
        finally
        {
            End(registration);
        }
    }

    /// <summary>Runs bound memory, and lets the token end it.</summary>
    /// <param name="session">The session; the caller holds a lease.</param>
    /// <param name="binding">A binding of inputs and outputs.</param>
    /// <param name="cancellationToken">Ends the run.</param>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public void Run(ExecutionSession session, OrtIoBinding binding, CancellationToken cancellationToken)
    {
        var registration = cancellationToken.UnsafeRegister(TerminateRun, this);
        try
        {
            session.Run(_options, binding);
        }
        catch (OnnxRuntimeException) when (_terminated)
        {
            throw new StageCancelledException(CallStage.Run, cancellationToken);
        }
        finally
        {
            End(registration);
        }
    }

    /// <summary>Runs into memory that ONNX Runtime allocates, and lets the token end it.</summary>
    /// <param name="session">The session; the caller holds a lease.</param>
    /// <param name="binding">A binding of inputs, with the outputs bound to a device.</param>
    /// <param name="cancellationToken">Ends the run.</param>
    /// <returns>The outputs; the caller disposes of them.</returns>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public IDisposableReadOnlyCollection<OrtValue> RunForOutputs(ExecutionSession session, OrtIoBinding binding, CancellationToken cancellationToken)
    {
        var registration = cancellationToken.UnsafeRegister(TerminateRun, this);
        try
        {
            return session.RunForOutputs(_options, binding);
        }
        catch (OnnxRuntimeException) when (_terminated)
        {
            throw new StageCancelledException(CallStage.Run, cancellationToken);
        }
        finally
        {
            End(registration);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _options.Dispose();

    private void End(CancellationTokenRegistration registration)
    {
        // Waits for a callback that is at work, so that the flag is not set again for the next call.
        registration.Dispose();
        if (_terminated)
        {
            _terminated = false;
            _options.Terminate = false;
        }
    }

    private void Terminate()
    {
        _terminated = true;
        _options.Terminate = true;
    }
}
