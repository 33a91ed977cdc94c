using Microsoft.ML.OnnxRuntime;

namespace Mlp.Runtime.Inference;

/// <summary>
/// The run of a model that reads or writes tensors of its own: rows are brought into them, as many at a time as the model takes, and scores back. What is beyond the last row is a repetition
/// whose scores nobody reads.
/// </summary>
internal sealed class WindowedShape : BoundShape
{
    private readonly InputWindows _inputs;
    private readonly OutputBuffer[] _targets;
    private readonly OutputBuffer[] _outputs;
    private readonly BoundShape _run;
    private readonly bool _ownsRun;

    /// <summary>Binds.</summary>
    /// <param name="session">The session; the caller holds a lease.</param>
    /// <param name="inputs">The tensors of the inputs.</param>
    /// <param name="targets">Memory of the outputs of all rows.</param>
    /// <param name="rowCount">Number of rows.</param>
    public WindowedShape(ExecutionSession session, InputWindows inputs, OutputBuffer[] targets, int rowCount)
        : base(rowCount)
    {
        _inputs = inputs;
        _targets = targets;
        _outputs = Array.ConvertAll(targets, t => OutputBuffer.Create(t.Plan.OfTensor, inputs.RowCount));
        _run = session.Bind(inputs.Buffers, _outputs, inputs.RowCount);
        _ownsRun = true;
    }

    private WindowedShape(WindowedShape bound, int rowCount)
        : base(rowCount)
    {
        _inputs = bound._inputs;
        _targets = bound._targets;
        _outputs = bound._outputs;
        _run = bound._run;
    }

    /// <summary>The same tensors for another number of rows; this shape is disposed of after all of those.</summary>
    /// <param name="rowCount">Number of rows.</param>
    public WindowedShape For(int rowCount) => new(this, rowCount);

    /// <inheritdoc/>
    public override void Run(RunOptions options)
    {
        _inputs.Gather(RowCount);
        for (var first = 0; first < RowCount; first += _inputs.RowCount)
        {
            var count = Math.Min(_inputs.RowCount, RowCount - first);
            _inputs.Load(first, count);
            _run.Run(options);
            for (var i = 0; i < _targets.Length; i++)
            {
                _targets[i].Take(_outputs[i], first, count);
            }
        }
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        if (_ownsRun)
        {
            _run.Dispose();
        }
    }
}
