using System.Text;

namespace Mlp.Runtime.Onnx;

/// <summary>The value of an attribute of a node. Field numbers: onnx/onnx.proto, message AttributeProto. Only the field of its own kind holds something.</summary>
/// <param name="message">The message.</param>
internal sealed class OnnxAttributeValue(ProtobufMessage message)
{
    /// <summary>A number.</summary>
    public float Float => message.Float(2) ?? 0;

    /// <summary>An integer.</summary>
    public long Int => message.Int64(3) ?? 0;

    /// <summary>Text.</summary>
    public string String => Encoding.UTF8.GetString(message.Bytes(4).Span);

    /// <summary>A tensor; null if the attribute is of another kind.</summary>
    public OnnxInitializer? Tensor => message.Message(5) is { } tensor ? new OnnxInitializer(tensor) : null;

    /// <summary>Numbers.</summary>
    public float[] Floats => message.Floats(7);

    /// <summary>Integers.</summary>
    public IReadOnlyList<long> Ints => message.Int64s(8);

    /// <summary>Texts.</summary>
    public IReadOnlyList<string> Strings => message.Texts(9);
}
