namespace Mlp.Runtime.Onnx;

/// <summary>An attribute of an ONNX node (<c>AttributeProto</c>).</summary>
internal sealed class OnnxAttribute
{
    private readonly ProtobufWriter _message = new();

    private OnnxAttribute(string name, int type)
    {
        _message.Text(1, name);
        _message.Int64(20, type);
    }

    public ProtobufWriter Message => _message;

    public static OnnxAttribute Float(string name, float value)
    {
        var attribute = new OnnxAttribute(name, 1);
        attribute._message.Float(2, value);
        return attribute;
    }

    public static OnnxAttribute Int(string name, long value)
    {
        var attribute = new OnnxAttribute(name, 2);
        attribute._message.Int64(3, value);
        return attribute;
    }

    public static OnnxAttribute Ints(string name, IReadOnlyList<long> values)
    {
        var attribute = new OnnxAttribute(name, 7);
        attribute._message.PackedInt64(8, values);
        return attribute;
    }

    public static OnnxAttribute Floats(string name, IReadOnlyList<float> values)
    {
        var attribute = new OnnxAttribute(name, 6);
        attribute._message.PackedFloat(7, values);
        return attribute;
    }

    public static OnnxAttribute Strings(string name, IReadOnlyList<string> values)
    {
        var attribute = new OnnxAttribute(name, 8);
        foreach (var value in values)
        {
            attribute._message.Text(9, value);
        }

        return attribute;
    }
}
