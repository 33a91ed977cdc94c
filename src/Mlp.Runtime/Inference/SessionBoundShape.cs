using Microsoft.ML.OnnxRuntime;

namespace Mlp.Runtime.Inference;

/// <summary>
/// A session on the processor, bound to the memory of a slot for one number of rows. It keeps every tensor alive as long as the binding: ONNX Runtime holds raw handles only, and a
/// tensor that the collector finalizes under it ends the process.
/// </summary>
internal sealed class SessionBoundShape : BoundShape
{
    private readonly ExecutionSession _session;
    private readonly InputBuffer[] _buffers;
    private readonly OrtValue[] _inputs;
    private readonly OutputBuffer[] _outputBuffers;
    private readonly OrtValue?[] _outputs;
    private readonly OrtIoBinding _binding;
    private readonly bool _needsFilling;
    private readonly bool _isAllBound;

    /// <summary>Binds.</summary>
    /// <param name="session">The session; the caller holds a lease.</param>
    /// <param name="buffers">The inputs.</param>
    /// <param name="outputs">Memory of the outputs.</param>
    /// <param name="rowCount">Number of rows.</param>
    public SessionBoundShape(ExecutionSession session, InputBuffer[] buffers, OutputBuffer[] outputs, int rowCount)
        : base(rowCount)
    {
        _session = session;
        _buffers = buffers;
        _outputBuffers = outputs;
        _needsFilling = Array.Exists(buffers, b => b.NeedsFilling);
        _inputs = Array.ConvertAll(buffers, b => b.CreateValue(rowCount));
        _outputs = Array.ConvertAll(outputs, o => o.Plan.IsAsDeclared ? o.CreateValue(rowCount) : null);
        _isAllBound = Array.TrueForAll(_outputs, o => o is not null);
        _binding = session.CreateBinding();
        for (var i = 0; i < buffers.Length; i++)
        {
            _binding.BindInput(buffers[i].Input.Name, _inputs[i]);
        }

        for (var i = 0; i < outputs.Length; i++)
        {
            if (_outputs[i] is { } value)
            {
                _binding.BindOutput(outputs[i].Plan.Name, value);
            }
            else
            {
                // Results come in the order of the first binding.
                _binding.BindOutputToDevice(outputs[i].Plan.Name, OrtMemoryInfo.DefaultInstance);
            }
        }
    }

    /// <inheritdoc/>
    public override void Run(RunOptions options)
    {
        if (_needsFilling)
        {
            FillInputs();
        }

        if (!_isAllBound)
        {
            RunForOutputs(options);
            return;
        }

        _session.Run(options, _binding);
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        _binding.Dispose();
        foreach (var value in _inputs)
        {
            value.Dispose();
        }

        foreach (var value in _outputs)
        {
            value?.Dispose();
        }
    }

    private void RunForOutputs(RunOptions options)
    {
        // Bound anew for each run: ONNX Runtime would write into the outputs of the run before, and refuses them where the file declares another shape.
        for (var i = 0; i < _outputs.Length; i++)
        {
            if (_outputs[i] is null)
            {
                _binding.BindOutputToDevice(_outputBuffers[i].Plan.Name, OrtMemoryInfo.DefaultInstance);
            }
        }

        using var values = _session.RunForOutputs(options, _binding);
        for (var i = 0; i < _outputs.Length; i++)
        {
            if (_outputs[i] is null)
            {
                _outputBuffers[i].CopyFrom(values[i], RowCount);
            }
        }
    }

    private void FillInputs()
    {
        for (var i = 0; i < _buffers.Length; i++)
        {
            if (_buffers[i].NeedsFilling && !_buffers[i].IsWritten)
            {
                _buffers[i].Fill(_inputs[i], RowCount);
            }
        }
    }
}
