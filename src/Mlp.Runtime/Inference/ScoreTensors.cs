using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Mlp.Runtime.Inference;

/// <summary>The element types that a score may have, and the ones of <see cref="ScoreBuffer"/> that hold their values exactly.</summary>
internal static class ScoreTensors
{
    /// <summary>The element type of the memory in which callers find a score.</summary>
    /// <param name="type">Element type of the output.</param>
    /// <returns>Float, Double or Int64; null for what is no number, or none that C# has a type for.</returns>
    public static TensorElementType? MemoryOf(TensorElementType type) => type switch
    {
        TensorElementType.Float or TensorElementType.Float16 or TensorElementType.BFloat16 => TensorElementType.Float,

        // As exact as the score itself, which is a float64.
        TensorElementType.Double or TensorElementType.UInt64 => TensorElementType.Double,
        TensorElementType.Int64 or TensorElementType.Int32 or TensorElementType.Int16 or TensorElementType.Int8
            or TensorElementType.UInt32 or TensorElementType.UInt16 or TensorElementType.UInt8 => TensorElementType.Int64,
        _ => null,
    };

    /// <summary>Reads the first values of a tensor as float32.</summary>
    /// <param name="tensor">A tensor whose <see cref="MemoryOf"/> is Float.</param>
    /// <param name="destination">Receives the values.</param>
    public static void Read(OutputBuffer tensor, Span<float> destination)
    {
        switch (tensor)
        {
            case ValueBuffer<Float16> halves:
                ElementConversions.FromFloat16(halves.Values[..destination.Length], destination);
                break;
            case ValueBuffer<BFloat16> halves:
                ElementConversions.FromBFloat16(halves.Values[..destination.Length], destination);
                break;
            default:
                ((ValueBuffer<float>)tensor).Values[..destination.Length].CopyTo(destination);
                break;
        }
    }

    /// <summary>Reads the first values of a tensor as float64.</summary>
    /// <param name="tensor">A tensor whose <see cref="MemoryOf"/> is Double.</param>
    /// <param name="destination">Receives the values.</param>
    public static void Read(OutputBuffer tensor, Span<double> destination)
    {
        if (tensor is ValueBuffer<ulong> integers)
        {
            ElementConversions.Widen(integers.Values[..destination.Length], destination);
        }
        else
        {
            ((ValueBuffer<double>)tensor).Values[..destination.Length].CopyTo(destination);
        }
    }

    /// <summary>Reads the first values of a tensor as int64.</summary>
    /// <param name="tensor">A tensor whose <see cref="MemoryOf"/> is Int64.</param>
    /// <param name="destination">Receives the values.</param>
    public static void Read(OutputBuffer tensor, Span<long> destination)
    {
        switch (tensor)
        {
            case ValueBuffer<int> values:
                ElementConversions.Widen(values.Values[..destination.Length], destination);
                break;
            case ValueBuffer<short> values:
                ElementConversions.Widen(values.Values[..destination.Length], destination);
                break;
            case ValueBuffer<sbyte> values:
                ElementConversions.Widen(values.Values[..destination.Length], destination);
                break;
            case ValueBuffer<uint> values:
                ElementConversions.Widen(values.Values[..destination.Length], destination);
                break;
            case ValueBuffer<ushort> values:
                ElementConversions.Widen(values.Values[..destination.Length], destination);
                break;
            case ValueBuffer<byte> values:
                ElementConversions.Widen(values.Values[..destination.Length], destination);
                break;
            default:
                ((ValueBuffer<long>)tensor).Values[..destination.Length].CopyTo(destination);
                break;
        }
    }
}
