using Microsoft.ML.OnnxRuntime;
using Mlp.Runtime.Models;

namespace Mlp.Runtime.Inference;

/// <summary>Some features of several rows, gathered from the block in which they lie at a stride.</summary>
internal sealed class ColumnInputBuffer<T>(FeatureInput input, T[] block, int blockWidth, int capacity) : InputBuffer(input), IInputMemory<T>
    where T : unmanaged
{
    private readonly T[] _columns = GC.AllocateArray<T>(checked(input.Width * capacity), pinned: true);

    /// <inheritdoc/>
    public Memory<T> Memory => _columns;

    /// <inheritdoc/>
    public override bool NeedsFilling => true;

    /// <inheritdoc/>
    public override OrtValue CreateValue(int rowCount)
        => OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, _columns.AsMemory(0, rowCount * Input.Width), Shape(rowCount));

    /// <inheritdoc/>
    public override void Fill(OrtValue value, int rowCount)
    {
        var width = Input.Width;
        for (var row = 0; row < rowCount; row++)
        {
            block.AsSpan((row * blockWidth) + Input.Ordinal, width).CopyTo(_columns.AsSpan(row * width, width));
        }
    }
}
