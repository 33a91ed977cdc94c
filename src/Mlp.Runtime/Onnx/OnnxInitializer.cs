using System.Runtime.InteropServices;

namespace Mlp.Runtime.Onnx;

/// <summary>A constant tensor of a file. Field numbers: onnx/onnx.proto, message TensorProto.</summary>
/// <param name="message">The message.</param>
internal sealed class OnnxInitializer(ProtobufMessage message)
{
    private const int NameField = 8;

    /// <summary>Its name.</summary>
    public string Name => message.Text(NameField);

    /// <summary>Its element type: a number of <c>TensorProto.DataType</c>.</summary>
    public OnnxDataType DataType => (OnnxDataType)(message.Int64(2) ?? 0);

    /// <summary>Its shape.</summary>
    public IReadOnlyList<long> Dimensions => message.Int64s(1);

    /// <summary>Whether the values lie in another file.</summary>
    public bool IsExternal => message.Int64(14) == 1;

    /// <summary>The values as little-endian bytes, as they stand in the file; empty where they lie in a typed field or in another file.</summary>
    public ReadOnlyMemory<byte> Raw => message.Bytes(9);

    /// <summary>The values of a float32 tensor within the file.</summary>
    public float[] ReadFloats() => Raw.IsEmpty ? message.Floats(4) : MemoryMarshal.Cast<byte, float>(Raw.Span).ToArray();

    /// <summary>The values of an int64 tensor within the file.</summary>
    public long[] ReadInt64s() => Raw.IsEmpty ? [.. message.Int64s(7)] : MemoryMarshal.Cast<byte, long>(Raw.Span).ToArray();

    /// <summary>The values of a float64 tensor within the file.</summary>
    public double[] ReadDoubles() => MemoryMarshal.Cast<byte, double>((Raw.IsEmpty ? message.Bytes(10) : Raw).Span).ToArray();

    /// <summary>The values that a tensor of integers below 64 bits, or of truth values, has in the field of its type.</summary>
    public long[] ReadSmallIntegers() => [.. message.Int64s(5)];

    /// <summary>Gives it another name.</summary>
    /// <param name="name">The new name.</param>
    public void Rename(string name) => message.SetTexts(NameField, [name]);
}
