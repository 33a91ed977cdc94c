using Microsoft.ML.OnnxRuntime;

namespace Mlp.Runtime.Inference;

/// <summary>
/// What one call by inputs and outputs needs. Inputs stay bound as long as the same ones come with the same shapes; so do outputs, where the model declares that their shapes follow
/// from those of the inputs and a run has shown it. Otherwise ONNX Runtime allocates. What comes out is copied to its caller. Holds a lease of the session for its life. Not thread-safe:
/// whoever rented it is alone with it.
/// </summary>
internal sealed class TensorSlot : IPooledSlot
{
    private readonly ExecutionSession _session;
    private readonly TensorCallPlan _plan;
    private readonly InterruptibleRun _run = new();
    private readonly OrtIoBinding _binding;
    private readonly bool _bindsBeforeEachRun;
    private bool _mayBindOutputs;
    private readonly ModelValue?[] _boundValues;
    private ModelInputs? _bound;
    private int _boundLayout;
    private ModelValue[]? _outputs;
    private OrtValue[] _outputEngines = [];

    /// <summary>Makes a slot.</summary>
    /// <param name="session">The session.</param>
    /// <param name="plan">The model's inputs and outputs.</param>
    /// <param name="time">The clock of deadlines.</param>
    /// <exception cref="ObjectDisposedException">The session is gone.</exception>
    public TensorSlot(ExecutionSession session, TensorCallPlan plan, TimeProvider time)
    {
        ObjectDisposedException.ThrowIf(!session.TryAcquire(), session);
        _session = session;
        _plan = plan;
        _binding = session.CreateBinding();
        _boundValues = new ModelValue?[plan.Inputs.Count];
        _bindsBeforeEachRun = session.Accelerator.IsOnGpu;
        _mayBindOutputs = !_bindsBeforeEachRun && session.OutputShapesFollowInputs;
        Deadline = new CallDeadline(time);
    }

    /// <inheritdoc/>
    public int Index { get; set; }

    /// <summary>The deadline of the call.</summary>
    public CallDeadline Deadline { get; }

    /// <summary>Runs the model.</summary>
    /// <param name="inputs">Inputs that fit.</param>
    /// <param name="outputs">Receives the answers.</param>
    /// <param name="cancellationToken">Ends the run.</param>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <exception cref="OnnxRuntimeException">The run failed.</exception>
    public void Run(ModelInputs inputs, ModelOutputs outputs, CancellationToken cancellationToken)
    {
        CallCancellation.ThrowIfRequested(CallStage.Start, cancellationToken);
        if (!ReferenceEquals(_bound, inputs) || _boundLayout != inputs.Layout || _bindsBeforeEachRun)
        {
            Bind(inputs);
        }

        if (!TryRunBound(outputs, cancellationToken))
        {
            RunForOutputs(outputs, cancellationToken);
        }

        GC.KeepAlive(inputs);
    }

    /// <inheritdoc/>
    public int EndCall()
    {
        Deadline.Stop();
        return 1;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Deadline.Dispose();
        _binding.Dispose();
        ReleaseOutputs();
        _run.Dispose();
        _session.Release();
    }

    private void Bind(ModelInputs inputs)
    {
        _bound = null;
        ReleaseOutputs();
        _binding.ClearBoundInputs();
        for (var i = 0; i < _plan.Inputs.Count; i++)
        {
            // The binding reads this memory even if somebody sets the input anew before its time.
            _boundValues[i] = inputs.Find(_plan.Inputs[i].Name);
            _binding.BindInput(_plan.Inputs[i].Name, inputs.Engine(_plan.Inputs[i].Name));
        }

        if (_bindsBeforeEachRun)
        {
            _binding.SynchronizeBoundInputs();
        }

        _bound = inputs;
        _boundLayout = inputs.Layout;
    }

    private bool TryRunBound(ModelOutputs outputs, CancellationToken cancellationToken)
    {
        if (_outputs is null)
        {
            return false;
        }

        try
        {
            _run.Run(_session, _binding, cancellationToken);
        }
        catch (OnnxRuntimeException)
        {
            // The declaration was true of one run only, or the run fails anyway: the way that binds nothing shows which.
            _mayBindOutputs = false;
            ReleaseOutputs();
            return false;
        }

        outputs.Reset(_plan.Version, _plan.OutputNames);
        for (var i = 0; i < _outputs.Length; i++)
        {
            outputs.Copy(i, _outputs[i]);
        }

        return true;
    }

    private void RunForOutputs(ModelOutputs outputs, CancellationToken cancellationToken)
    {
        // ONNX Runtime would write into the outputs of the run before, whose shapes may have been others.
        _binding.ClearBoundOutputs();
        foreach (var name in _plan.OutputNames)
        {
            _binding.BindOutputToDevice(name, OrtMemoryInfo.DefaultInstance);
        }

        using var results = _run.RunForOutputs(_session, _binding, cancellationToken);
        outputs.Reset(_plan.Version, _plan.OutputNames);
        for (var i = 0; i < results.Count; i++)
        {
            outputs.Take(i, results[i]);
        }

        if (_mayBindOutputs)
        {
            BindOutputs(outputs);
        }
    }

    private void BindOutputs(ModelOutputs outputs)
    {
        if (!_plan.AreAsDeclared(outputs))
        {
            _mayBindOutputs = false;
            return;
        }

        _binding.ClearBoundOutputs();
        _outputs = new ModelValue[_plan.OutputNames.Count];
        _outputEngines = new OrtValue[_outputs.Length];
        for (var i = 0; i < _outputs.Length; i++)
        {
            _outputs[i] = ModelValue.NewTensor();
            _outputs[i].ResetTensor(outputs[i].ElementType, outputs[i].Shape);
            _outputEngines[i] = EngineValues.Create(_outputs[i]);
            _binding.BindOutput(_plan.OutputNames[i], _outputEngines[i]);
        }
    }

    private void ReleaseOutputs()
    {
        _outputs = null;
        foreach (var value in _outputEngines)
        {
            value.Dispose();
        }

        _outputEngines = [];
    }
}
