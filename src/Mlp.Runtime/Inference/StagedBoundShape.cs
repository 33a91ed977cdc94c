using Microsoft.ML.OnnxRuntime;

namespace Mlp.Runtime.Inference;

/// <summary>
/// A session on a GPU, bound for one number of rows. The rows are copied to staging memory, from where binding copies them to the device before each run: what is written to bound memory afterwards is not seen. The
/// outputs come back the same way. Like every binding it keeps its tensors alive, for ONNX Runtime holds raw handles only.
/// </summary>
internal sealed class StagedBoundShape : BoundShape
{
    private readonly ExecutionSession _session;
    private readonly InputBuffer[] _inputs;
    private readonly OutputBuffer[] _outputs;
    private readonly OrtValue[] _sources;
    private readonly OrtValue?[] _staged;
    private readonly OrtValue?[] _results;
    private readonly OrtIoBinding _binding;
    private readonly bool _isAllBound;

    /// <summary>Binds.</summary>
    /// <param name="session">The session; the caller holds a lease.</param>
    /// <param name="staging">Where tensors lie on their way.</param>
    /// <param name="inputs">The inputs.</param>
    /// <param name="outputs">Memory of the outputs.</param>
    /// <param name="rowCount">Number of rows.</param>
    public StagedBoundShape(ExecutionSession session, StagingMemory staging, InputBuffer[] inputs, OutputBuffer[] outputs, int rowCount)
        : base(rowCount)
    {
        _session = session;
        _inputs = inputs;
        _outputs = outputs;
        _sources = Array.ConvertAll(inputs, b => b.CreateValue(rowCount));

        // Texts lie in memory of ONNX Runtime already, and only the processor reads them.
        _staged = Array.ConvertAll(_sources, s => s.GetTensorTypeAndShape().IsString ? null : staging.CreateLike(s));
        _results = Array.ConvertAll(outputs, o => CreateResult(staging, o, rowCount));
        _isAllBound = Array.TrueForAll(_results, r => r is not null);
        _binding = session.CreateBinding();
        for (var i = 0; i < outputs.Length; i++)
        {
            if (_results[i] is { } result)
            {
                _binding.BindOutput(outputs[i].Plan.Name, result);
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
        for (var i = 0; i < _inputs.Length; i++)
        {
            if (_inputs[i].NeedsFilling && !_inputs[i].IsWritten)
            {
                _inputs[i].Fill(_sources[i], RowCount);
            }

            if (_staged[i] is { } staged)
            {
                _sources[i].GetTensorMutableRawData().CopyTo(staged.GetTensorMutableRawData());
            }

            _binding.BindInput(_inputs[i].Input.Name, _staged[i] ?? _sources[i]);
        }

        _binding.SynchronizeBoundInputs();
        if (!_isAllBound)
        {
            RunForOutputs(options);
            return;
        }

        _session.Run(options, _binding);
        _binding.SynchronizeBoundOutputs();
        for (var i = 0; i < _outputs.Length; i++)
        {
            _outputs[i].CopyFrom(_results[i]!, RowCount);
        }
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        _binding.Dispose();
        foreach (var value in _sources.Concat(_staged).Concat(_results))
        {
            value?.Dispose();
        }
    }

    private void RunForOutputs(RunOptions options)
    {
        // Bound anew for each run: ONNX Runtime would write into the outputs of the run before, and refuses them where the file declares another shape.
        for (var i = 0; i < _outputs.Length; i++)
        {
            if (_results[i] is null)
            {
                _binding.BindOutputToDevice(_outputs[i].Plan.Name, OrtMemoryInfo.DefaultInstance);
            }
        }

        using var values = _session.RunForOutputs(options, _binding);
        for (var i = 0; i < _outputs.Length; i++)
        {
            _outputs[i].CopyFrom(values[i], RowCount);
        }
    }

    private static OrtValue? CreateResult(StagingMemory staging, OutputBuffer output, int rowCount)
    {
        if (!output.Plan.IsAsDeclared || output.CreateValue(rowCount) is not { } value)
        {
            return null;
        }

        using (value)
        {
            return staging.CreateLike(value);
        }
    }
}
