using Microsoft.ML.OnnxRuntime;
using Mlp.Runtime.Data;
using Mlp.Runtime.Models;

namespace Mlp.Runtime.Inference;

/// <summary>A tensor of numbers or truth values of its own.</summary>
/// <typeparam name="TSource">The element type of the features.</typeparam>
/// <typeparam name="TElement">The element type of the tensor.</typeparam>
/// <param name="input">The input.</param>
/// <param name="source">The features of all rows.</param>
/// <param name="rowCount">Rows of the tensor.</param>
/// <param name="convert">Brings features to the element type.</param>
internal sealed class ValueWindow<TSource, TElement>(FeatureInput input, IInputMemory<TSource> source, int rowCount, ElementConversion<TSource, TElement> convert)
    : InputWindow(input, rowCount)
    where TSource : unmanaged
    where TElement : unmanaged
{
    private readonly AlignedMemory<TElement> _tensor = new(checked(input.Width * rowCount));

    /// <inheritdoc/>
    public override bool NeedsFilling => false;

    /// <inheritdoc/>
    public override OrtValue CreateValue(int rowCount)
        => OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, _tensor.Memory[..(rowCount * Input.Width)], Shape(rowCount));

    /// <inheritdoc/>
    public override void Fill(OrtValue value, int rowCount)
    {
    }

    /// <inheritdoc/>
    public override void Load(int first, int count)
    {
        var width = Input.Width;
        convert(source.Memory.Span.Slice(first * width, count * width), _tensor.First(count * width));
        for (var row = count; row < RowCount; row++)
        {
            _tensor.Slice((count - 1) * width, width).CopyTo(_tensor.Slice(row * width, width));
        }
    }
}
