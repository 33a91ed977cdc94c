using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using Mlp.Runtime.Data;
using Mlp.Runtime.Models;

namespace Mlp.Runtime.Inference;

/// <summary>
/// The tensor of an input that cannot be bound to the memory of the rows, because it has another element type or a fixed number of rows: before a run some of the rows are brought into it.
/// </summary>
/// <param name="input">The input.</param>
/// <param name="rowCount">Rows of the tensor.</param>
internal abstract class InputWindow(FeatureInput input, int rowCount) : InputBuffer(input)
{
    /// <summary>Rows of the tensor.</summary>
    public int RowCount => rowCount;

    /// <summary>Chooses the tensor of an input.</summary>
    /// <param name="source">The input in the memory of the rows.</param>
    /// <param name="rows">The slot's rows.</param>
    /// <param name="rowCount">Rows of the tensor.</param>
    public static InputWindow Create(InputBuffer source, FeatureRows rows, int rowCount) => (source.Input.Type, source.Input.Conversion) switch
    {
        (null, _) => Values<byte, byte>(source, rowCount, ElementConversions.Copy),
        (FeatureType.String, _) => new TextWindow(source.Input, rows, rowCount),
        (FeatureType.Float32, null) => Values<float, float>(source, rowCount, ElementConversions.Copy),
        (FeatureType.Float64, null) => Values<double, double>(source, rowCount, ElementConversions.Copy),
        (FeatureType.Int64, null) => Values<long, long>(source, rowCount, ElementConversions.Copy),
        (FeatureType.Boolean, null) => Values<bool, bool>(source, rowCount, ElementConversions.Copy),
        (_, TensorElementKind.Float16) => Values<float, Float16>(source, rowCount, ElementConversions.ToFloat16),
        (_, TensorElementKind.BFloat16) => Values<float, BFloat16>(source, rowCount, ElementConversions.ToBFloat16),
        (_, TensorElementKind.Int8) => Values<long, sbyte>(source, rowCount, ElementConversions.Narrow),
        (_, TensorElementKind.UInt8) => Values<long, byte>(source, rowCount, ElementConversions.Narrow),
        (_, TensorElementKind.Int16) => Values<long, short>(source, rowCount, ElementConversions.Narrow),
        (_, TensorElementKind.UInt16) => Values<long, ushort>(source, rowCount, ElementConversions.Narrow),
        (_, TensorElementKind.Int32) => Values<long, int>(source, rowCount, ElementConversions.Narrow),
        (_, TensorElementKind.UInt32) => Values<long, uint>(source, rowCount, ElementConversions.Narrow),
        (_, TensorElementKind.UInt64) => Values<long, ulong>(source, rowCount, ElementConversions.Narrow),
        _ => throw new ArgumentOutOfRangeException(nameof(source), source.Input.Conversion, "Expected an element type that features are brought to."),
    };

    /// <summary>Brings some of the rows into the tensor. Where they do not fill it, the last one is repeated: a model that refuses some values has accepted that one.</summary>
    /// <param name="first">The first row.</param>
    /// <param name="count">Number of rows, 1 to <see cref="RowCount"/>.</param>
    public abstract void Load(int first, int count);

    private static ValueWindow<TSource, TElement> Values<TSource, TElement>(InputBuffer source, int rowCount, ElementConversion<TSource, TElement> convert)
        where TSource : unmanaged
        where TElement : unmanaged
        => new(source.Input, (IInputMemory<TSource>)source, rowCount, convert);
}
