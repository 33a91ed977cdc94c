using Microsoft.ML.OnnxRuntime;

namespace Mlp.Runtime.Inference;

/// <summary>
/// What one call by inputs and outputs needs. Inputs stay bound as long as the same ones come with the same shapes; ONNX Runtime allocates the outputs, which are copied to their caller.
/// Holds a lease of the session for its life. Not thread-safe: whoever rented it is alone with it.
/// </summary>
internal sealed class TensorSlot : IPooledSlot
{
    private readonly ExecutionSession _session;
    private readonly TensorCallPlan _plan;
    private readonly InterruptibleRun _run = new();
    private readonly OrtIoBinding _binding;
    private ModelInputs? _bound;
    private int _boundLayout;

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
        if (!ReferenceEquals(_bound, inputs) || _boundLayout != inputs.Layout)
        {
            Bind(inputs);
        }

        // ONNX Runtime would write into the outputs of the run before, whose shapes may have been others.
        _binding.ClearBoundOutputs();
        foreach (var name in _plan.OutputNames)
        {
            _binding.BindOutputToDevice(name, OrtMemoryInfo.DefaultInstance);
        }

        using var results = _run.RunForOutputs(_session, _binding, cancellationToken);
        GC.KeepAlive(inputs);
        outputs.Reset(_plan.Version, _plan.OutputNames);
        for (var i = 0; i < results.Count; i++)
        {
            outputs.Take(i, results[i]);
        }
    }

    /// <inheritdoc/>
    public void EndCall() => Deadline.Stop();

    /// <inheritdoc/>
    public void Dispose()
    {
        Deadline.Dispose();
        _binding.Dispose();
        _run.Dispose();
        _session.Release();
    }

    private void Bind(ModelInputs inputs)
    {
        _bound = null;
        _binding.ClearBoundInputs();
        foreach (var input in _plan.Inputs)
        {
            _binding.BindInput(input.Name, inputs.Engine(input.Name));
        }

        _bound = inputs;
        _boundLayout = inputs.Layout;
    }
}
