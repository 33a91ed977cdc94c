using Microsoft.ML.OnnxRuntime;
using Mlp.Runtime.Data;
using Mlp.Runtime.Models;

namespace Mlp.Runtime.Inference;

/// <summary>Text features. ONNX Runtime keeps its own copy of each text, so they are set before each run, as UTF-8 and without a detour.</summary>
internal sealed class StringInputBuffer(FeatureInput input, FeatureRows rows) : InputBuffer(input)
{
    /// <inheritdoc/>
    public override bool NeedsFilling => true;

    /// <inheritdoc/>
    public override OrtValue CreateValue(int rowCount) => OrtValue.CreateTensorWithEmptyStrings(OrtAllocator.DefaultInstance, Shape(rowCount));

    /// <inheritdoc/>
    public override void Fill(OrtValue value, int rowCount)
    {
        var index = 0;
        for (var row = 0; row < rowCount; row++)
        {
            for (var i = 0; i < Input.Width; i++)
            {
                value.StringTensorSetElementAt(rows.StringOf(row, Input.Ordinal + i), index++);
            }
        }
    }
}
