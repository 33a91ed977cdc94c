using Microsoft.ML.OnnxRuntime;

namespace Mlp.Runtime.Inference;

/// <summary>An output of texts, which ONNX Runtime always allocates itself.</summary>
internal sealed class TextBuffer(OutputPlan plan, int capacity) : OutputBuffer(plan)
{
    private readonly string[] _values = new string[checked(plan.Width * capacity)];

    /// <inheritdoc/>
    public override OrtValue? CreateValue(int rowCount) => null;

    /// <inheritdoc/>
    public override void CopyFrom(OrtValue value, int rowCount)
    {
        for (var i = 0; i < rowCount * Plan.Width; i++)
        {
            _values[i] = value.GetStringElement(i);
        }
    }

    /// <inheritdoc/>
    public override void CopyRow(OutputBuffer source, int sourceRow, int row) => ((TextBuffer)source).RowOf(sourceRow).CopyTo(_values.AsSpan(row * Plan.Width));

    /// <summary>The texts of a row.</summary>
    /// <param name="row">Row index.</param>
    public ReadOnlySpan<string> RowOf(int row) => _values.AsSpan(row * Plan.Width, Plan.Width);
}
