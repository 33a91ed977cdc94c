using Microsoft.ML.OnnxRuntime;
using Mlp.Runtime.Data;
using Mlp.Runtime.Models;

namespace Mlp.Runtime.Inference;

/// <summary>A tensor of texts, which ONNX Runtime keeps copies of: they are set when the tensor is filled.</summary>
/// <param name="input">The input.</param>
/// <param name="rows">The slot's rows.</param>
/// <param name="rowCount">Rows of the tensor.</param>
internal sealed class TextWindow(FeatureInput input, FeatureRows rows, int rowCount) : InputWindow(input, rowCount)
{
    private int _first;
    private int _last;

    /// <inheritdoc/>
    public override bool NeedsFilling => true;

    /// <inheritdoc/>
    public override OrtValue CreateValue(int rowCount) => OrtValue.CreateTensorWithEmptyStrings(OrtAllocator.DefaultInstance, Shape(rowCount));

    /// <inheritdoc/>
    public override void Load(int first, int count) => (_first, _last) = (first, first + count - 1);

    /// <inheritdoc/>
    public override void Fill(OrtValue value, int rowCount)
    {
        var index = 0;
        for (var row = 0; row < rowCount; row++)
        {
            var from = Math.Min(_first + row, _last);
            for (var i = 0; i < Input.Width; i++)
            {
                value.StringTensorSetElementAt(rows.StringOf(from, Input.Ordinal + i), index++);
            }
        }
    }
}
