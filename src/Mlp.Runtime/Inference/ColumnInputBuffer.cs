using Microsoft.ML.OnnxRuntime;
using Mlp.Runtime.Data;
using Mlp.Runtime.Models;

namespace Mlp.Runtime.Inference;

/// <summary>Some features of several rows, gathered from the block in which they lie at a stride.</summary>
internal sealed class ColumnInputBuffer<T>(FeatureInput input, AlignedMemory<T> block, int blockWidth, int capacity) : InputBuffer(input), IInputMemory<T>
    where T : unmanaged
{
    private readonly AlignedMemory<T> _columns = new(checked(input.Width * capacity));

    /// <inheritdoc/>
    public Memory<T> Memory => _columns.Memory;

    /// <inheritdoc/>
    public override bool NeedsFilling => true;

    /// <inheritdoc/>
    public override OrtValue CreateValue(int rowCount)
        => OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, _columns.Memory[..(rowCount * Input.Width)], Shape(rowCount));

    /// <inheritdoc/>
    public override void Fill(OrtValue value, int rowCount) => Gather(rowCount);

    /// <inheritdoc/>
    public override void Gather(int rowCount)
    {
        var width = Input.Width;
        for (var row = 0; row < rowCount; row++)
        {
            block.Slice((row * blockWidth) + Input.Ordinal, width).CopyTo(_columns.Slice(row * width, width));
        }
    }
}
