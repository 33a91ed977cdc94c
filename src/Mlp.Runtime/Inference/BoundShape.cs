using Microsoft.ML.OnnxRuntime;

namespace Mlp.Runtime.Inference;

/// <summary>
/// A session bound to the memory of a slot for one number of rows. It keeps every tensor alive as long as the binding: ONNX Runtime holds raw handles only, and a
/// tensor that the collector finalizes under it ends the process.
/// </summary>
internal sealed class BoundShape : IDisposable
{
    private readonly InputBuffer[] _buffers;
    private readonly OrtValue[] _inputs;
    private readonly ScoreBuffer _score;
    private readonly OrtValue? _output;
    private readonly OrtIoBinding _binding;
    private readonly bool _bindsBeforeEachRun;

    /// <summary>Binds.</summary>
    /// <param name="session">The session; the caller holds a lease.</param>
    /// <param name="buffers">The inputs.</param>
    /// <param name="output">The score output.</param>
    /// <param name="score">Memory of the score output.</param>
    /// <param name="rowCount">Number of rows.</param>
    public BoundShape(ExecutionSession session, InputBuffer[] buffers, OutputPlan output, ScoreBuffer score, int rowCount)
    {
        RowCount = rowCount;
        _buffers = buffers;
        _bindsBeforeEachRun = session.Accelerator.Accelerator == Accelerators.Accelerator.Cuda;
        _inputs = Array.ConvertAll(buffers, b => b.CreateValue(rowCount));
        _score = score;
        _binding = session.CreateBinding();
        BindInputs();
        if (output.IsAsDeclared)
        {
            _output = score.CreateValue(rowCount);
            _binding.BindOutput(output.Name, _output);
        }
        else
        {
            _binding.BindOutputToDevice(output.Name, OrtMemoryInfo.DefaultInstance);
        }
    }

    /// <summary>Number of rows.</summary>
    public int RowCount { get; }

    /// <summary>Runs the rows as they are now.</summary>
    /// <param name="session">The session that this was bound for.</param>
    /// <param name="options">Options of the slot.</param>
    /// <param name="isWritten">Whether inputs that are plain memory have been written already.</param>
    public void Run(ExecutionSession session, RunOptions options, bool isWritten)
    {
        for (var i = 0; i < _buffers.Length; i++)
        {
            if (_buffers[i].NeedsFilling && !(isWritten && _buffers[i].IsPlainMemory))
            {
                _buffers[i].Fill(_inputs[i], RowCount);
            }
        }

        if (_bindsBeforeEachRun)
        {
            // Binding is what copies to the device; memory written afterwards would not be seen.
            BindInputs();
            _binding.SynchronizeBoundInputs();
        }

        if (_output is null)
        {
            using var outputs = session.RunForOutputs(options, _binding);
            _score.CopyFrom(outputs[0], RowCount);
            return;
        }

        session.Run(options, _binding);
        if (_bindsBeforeEachRun)
        {
            _binding.SynchronizeBoundOutputs();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _binding.Dispose();
        foreach (var input in _inputs)
        {
            input.Dispose();
        }

        _output?.Dispose();
    }

    private void BindInputs()
    {
        for (var i = 0; i < _buffers.Length; i++)
        {
            _binding.BindInput(_buffers[i].Input.Name, _inputs[i]);
        }
    }
}
