using Microsoft.ML.OnnxRuntime;

namespace Mlp.Runtime.Inference.Interop;

/// <summary>
/// The run of bound memory, by the address of ONNX Runtime's function: the C# interface goes through a delegate, which costs some 20 ns more. A run that fails is repeated through the C# interface, whose exception says
/// why; a run has no effect but its outputs. Where the function cannot be had, every run goes that way. Thread-safe.
/// </summary>
internal sealed unsafe class BoundRun
{
    private readonly InferenceSession _session;
    private readonly nint _handle;
    private readonly delegate* unmanaged<nint, nint, nint, nint> _run;
    private readonly delegate* unmanaged<nint, void> _releaseStatus;

    /// <summary>Finds the function.</summary>
    /// <param name="session">The session, which outlives all runs.</param>
    public BoundRun(InferenceSession session)
    {
        _session = session;
        try
        {
            var api = EngineInterface.Find();
            _handle = api is null ? 0 : EngineInterface.HandleOf(session);
            if (_handle != 0)
            {
                _run = (delegate* unmanaged<nint, nint, nint, nint>)api->RunWithBinding;
                _releaseStatus = (delegate* unmanaged<nint, void>)api->ReleaseStatus;
            }
        }
        catch (Exception e) when (EngineInterface.IsMissing(e))
        {
            _run = null;
        }
    }

    /// <summary>Whether runs go by the address.</summary>
    public bool IsDirect => _run is not null;

    /// <summary>Runs.</summary>
    /// <param name="options">Options of this caller alone, not disposed of.</param>
    /// <param name="binding">A binding of the session, not disposed of.</param>
    /// <exception cref="OnnxRuntimeException">The run failed.</exception>
    public void Run(RunOptions options, OrtIoBinding binding)
    {
        if (_run is null)
        {
            _session.RunWithBinding(options, binding);
            return;
        }

        var status = _run(_handle, options.DangerousGetHandle(), binding.DangerousGetHandle());
        GC.KeepAlive(options);
        GC.KeepAlive(binding);
        if (status != 0)
        {
            _releaseStatus(status);
            _session.RunWithBinding(options, binding);
        }
    }
}
