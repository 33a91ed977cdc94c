using Microsoft.ML.OnnxRuntime;
using Mlp.Runtime.Models;

namespace Mlp.Runtime.Inference;

/// <summary>One feature of several rows, gathered from the block in which it lies at a stride.</summary>
internal sealed class ColumnInputBuffer<T>(FeatureInput input, T[] block, int blockWidth, int capacity) : InputBuffer(input)
    where T : unmanaged
{
    private readonly T[] _column = GC.AllocateArray<T>(capacity, pinned: true);

    /// <inheritdoc/>
    public override bool NeedsFilling => true;

    /// <inheritdoc/>
    public override OrtValue CreateValue(int rowCount)
        => OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, _column.AsMemory(0, rowCount), Shape(rowCount));

    /// <inheritdoc/>
    public override void Fill(OrtValue value, int rowCount)
    {
        var source = Input.Ordinal;
        for (var row = 0; row < rowCount; row++, source += blockWidth)
        {
            _column[row] = block[source];
        }
    }
}
