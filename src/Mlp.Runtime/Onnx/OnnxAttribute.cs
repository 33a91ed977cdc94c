using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace Mlp.Runtime.Onnx;

/// <summary>An attribute of an ONNX node (<c>AttributeProto</c>): a name and a value of one kind. Immutable.</summary>
[SuppressMessage("Naming", "CA1711:Identifiers should not have incorrect suffix", Justification = "ONNX calls it an attribute.")]
public sealed class OnnxAttribute
{
    private OnnxAttribute(string name, int type)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        Name = name;
        Message.Text(1, name);
        Message.Int64(20, type);
    }

    /// <summary>Its name.</summary>
    public string Name { get; }

    internal ProtobufWriter Message { get; } = new();

    /// <summary>A number.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="value">Its value.</param>
    public static OnnxAttribute Float(string name, float value)
    {
        var attribute = new OnnxAttribute(name, 1);
        attribute.Message.Float(2, value);
        return attribute;
    }

    /// <summary>An integer.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="value">Its value.</param>
    public static OnnxAttribute Int(string name, long value)
    {
        var attribute = new OnnxAttribute(name, 2);
        attribute.Message.Int64(3, value);
        return attribute;
    }

    /// <summary>A text.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="value">Its value.</param>
    public static OnnxAttribute Text(string name, string value)
    {
        ArgumentNullException.ThrowIfNull(value);
        var attribute = new OnnxAttribute(name, 3);
        attribute.Message.Text(4, value);
        return attribute;
    }

    /// <summary>Integers.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="values">Its values.</param>
    public static OnnxAttribute Ints(string name, IReadOnlyList<long> values)
    {
        var attribute = new OnnxAttribute(name, 7);
        attribute.Message.PackedInt64(8, values);
        return attribute;
    }

    /// <summary>Numbers.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="values">Its values.</param>
    public static OnnxAttribute Floats(string name, IReadOnlyList<float> values)
    {
        var attribute = new OnnxAttribute(name, 6);
        attribute.Message.PackedFloat(7, values);
        return attribute;
    }

    /// <summary>Texts.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="values">Its values.</param>
    public static OnnxAttribute Strings(string name, IReadOnlyList<string> values)
    {
        var attribute = new OnnxAttribute(name, 8);
        foreach (var value in values)
        {
            attribute.Message.Text(9, value);
        }

        return attribute;
    }

    /// <summary>A tensor of float32.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="values">Its values, row-major.</param>
    /// <param name="dimensions">Its shape; none for a scalar.</param>
    /// <exception cref="ArgumentException">The number of values is not that of the shape.</exception>
    public static OnnxAttribute Tensor(string name, ReadOnlySpan<float> values, params ReadOnlySpan<long> dimensions)
        => Tensor(name, OnnxDataType.Float32, MemoryMarshal.AsBytes(values), values.Length, dimensions);

    /// <inheritdoc cref="Tensor(string, ReadOnlySpan{float}, ReadOnlySpan{long})"/>
    /// <summary>A tensor of float64.</summary>
    public static OnnxAttribute Tensor(string name, ReadOnlySpan<double> values, params ReadOnlySpan<long> dimensions)
        => Tensor(name, OnnxDataType.Float64, MemoryMarshal.AsBytes(values), values.Length, dimensions);

    /// <inheritdoc cref="Tensor(string, ReadOnlySpan{float}, ReadOnlySpan{long})"/>
    /// <summary>A tensor of int64.</summary>
    public static OnnxAttribute Tensor(string name, ReadOnlySpan<long> values, params ReadOnlySpan<long> dimensions)
        => Tensor(name, OnnxDataType.Int64, MemoryMarshal.AsBytes(values), values.Length, dimensions);

    /// <inheritdoc cref="Tensor(string, ReadOnlySpan{float}, ReadOnlySpan{long})"/>
    /// <summary>A tensor of uint8.</summary>
    public static OnnxAttribute Tensor(string name, ReadOnlySpan<byte> values, params ReadOnlySpan<long> dimensions)
        => Tensor(name, OnnxDataType.UInt8, values, values.Length, dimensions);

    /// <inheritdoc cref="Tensor(string, ReadOnlySpan{float}, ReadOnlySpan{long})"/>
    /// <summary>A tensor of texts.</summary>
    public static OnnxAttribute Tensor(string name, ReadOnlySpan<string> values, params ReadOnlySpan<long> dimensions)
        => Tensor(name, OnnxMessages.TextTensor(name, values, dimensions));

    private static OnnxAttribute Tensor(string name, OnnxDataType type, ReadOnlySpan<byte> raw, int count, ReadOnlySpan<long> dimensions)
    {
        OnnxMessages.ThrowIfNotCount(name, count, dimensions);
        return Tensor(name, OnnxMessages.Tensor(name, type, raw, dimensions));
    }

    private static OnnxAttribute Tensor(string name, ProtobufWriter tensor)
    {
        var attribute = new OnnxAttribute(name, 4);
        attribute.Message.Message(5, tensor);
        return attribute;
    }
}
