using Microsoft.ML.OnnxRuntime;
using Mlp.Runtime.Models;

namespace Mlp.Runtime.Inference;

/// <summary>An input that reads the memory of the rows itself: whoever writes a feature has written the tensor.</summary>
internal sealed class BlockInputBuffer<T>(FeatureInput input, Memory<T> memory) : InputBuffer(input), IInputMemory<T>
    where T : unmanaged
{
    /// <inheritdoc/>
    public Memory<T> Memory => memory;

    /// <inheritdoc/>
    public override bool NeedsFilling => false;

    /// <inheritdoc/>
    public override OrtValue CreateValue(int rowCount)
        => OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, memory[..(rowCount * Input.Width)], Shape(rowCount));

    /// <inheritdoc/>
    public override void Fill(OrtValue value, int rowCount)
    {
    }
}
