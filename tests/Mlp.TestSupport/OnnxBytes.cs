using System.Text;

namespace Mlp.TestSupport;

/// <summary>Writes ONNX files by hand, field by field, so that tests can also write wrong ones. Field numbers: onnx/onnx.proto.</summary>
public static class OnnxBytes
{
    public const int Float = 1;
    public const int UInt8 = 2;
    public const int Int64 = 7;
    public const int String = 8;
    public const int Double = 11;

    /// <summary>A model that ONNX Runtime runs: <c>score = x W</c> with W full of <paramref name="weight"/>, x [N, inputs] and score [N, outputs], float32.</summary>
    public static byte[] Linear(int inputs = 3, int outputs = 2, float weight = 1, string input = "x", string output = "score") => Model(Graph(
        Node("MatMul", [input, "W"], [output]),
        FloatInitializer("W", weight, inputs, outputs),
        Input(input, Float, "N", inputs),
        Output(output, Float, "N", outputs)));

    /// <summary>A file with this graph, operator set 17 and metadata.</summary>
    public static byte[] Model(byte[] graph, params (string Key, string Value)[] metadata) => Message(
    [
        Integer(1, 8),
        Text(2, "mlp-tests"),
        Text(3, "1.0"),
        Bytes(7, graph),
        Bytes(8, Message(Integer(2, 17))),
        .. metadata.Select(m => Bytes(14, Message(Text(1, m.Key), Text(2, m.Value)))),
    ]);

    public static byte[] Graph(params byte[][] fields) => Message([Text(2, "graph"), .. fields]);

    public static byte[] Node(string operation, string[] inputs, string[] outputs)
        => Bytes(1, Message([.. inputs.Select(i => Text(1, i)), .. outputs.Select(o => Text(2, o)), Text(4, operation)]));

    public static byte[] FloatInitializer(string name, float value, params int[] dimensions)
    {
        var count = dimensions.Aggregate(1, (product, d) => product * d);
        var raw = Enumerable.Repeat(BitConverter.GetBytes(value), count).SelectMany(b => b).ToArray();
        return Bytes(5, Message([.. dimensions.Select(d => Integer(1, d)), Integer(2, Float), Text(8, name), Bytes(9, raw)]));
    }

    /// <summary>An input; dimensions are numbers, names, or null for neither.</summary>
    public static byte[] Input(string name, int elementType, params object?[] dimensions) => Bytes(11, Value(name, TensorType(elementType, dimensions)));

    /// <summary>An output; dimensions are numbers, names, or null for neither.</summary>
    public static byte[] Output(string name, int elementType, params object?[] dimensions) => Bytes(12, Value(name, TensorType(elementType, dimensions)));

    /// <summary>A declaration with any type.</summary>
    public static byte[] Value(string name, byte[] type) => Message(Text(1, name), Bytes(2, type));

    public static byte[] TensorType(int elementType, params object?[] dimensions)
        => Bytes(1, Message(Integer(1, elementType), Bytes(2, Message([.. dimensions.Select(d => Bytes(1, Dimension(d)))]))));

    public static byte[] Integer(int field, long value) => [.. Varint((ulong)field << 3), .. Varint((ulong)value)];

    public static byte[] Text(int field, string text) => Bytes(field, Encoding.UTF8.GetBytes(text));

    public static byte[] Bytes(int field, byte[] content) => [.. Varint(((ulong)field << 3) | 2), .. Varint((ulong)content.Length), .. content];

    public static byte[] Message(params byte[][] fields) => [.. fields.SelectMany(f => f)];

    private static byte[] Dimension(object? size) => size switch
    {
        null => [],
        string name => Text(2, name),
        _ => Integer(1, Convert.ToInt64(size, System.Globalization.CultureInfo.InvariantCulture)),
    };

    private static List<byte> Varint(ulong value)
    {
        var bytes = new List<byte>();
        for (; value >= 0x80; value >>= 7)
        {
            bytes.Add((byte)(value | 0x80));
        }

        bytes.Add((byte)value);
        return bytes;
    }
}
