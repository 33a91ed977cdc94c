using System.Globalization;
using System.Runtime.InteropServices;
using static Mlp.TestSupport.OnnxBytes;

namespace Mlp.TestSupport;

/// <summary>ONNX files whose weights lie in other files, field by field.</summary>
public static class ExternalOnnx
{
    /// <summary>A float32 initializer at a place in another file; a null offset or length leaves the entry out.</summary>
    public static byte[] Initializer(string name, string location, long? offset, long? length, params int[] dimensions) => Bytes(5, Tensor(name, location, offset, length, dimensions));

    /// <summary>The message of such a tensor, to stand wherever a tensor may.</summary>
    public static byte[] Tensor(string name, string location, long? offset, long? length, params int[] dimensions) => Message(
    [
        .. dimensions.Select(d => Integer(1, d)),
        Integer(2, Float),
        Text(8, name),
        Bytes(13, Entry("location", location)),
        .. offset is { } o ? [Bytes(13, Entry("offset", o.ToString(CultureInfo.InvariantCulture)))] : Array.Empty<byte[]>(),
        .. length is { } l ? [Bytes(13, Entry("length", l.ToString(CultureInfo.InvariantCulture)))] : Array.Empty<byte[]>(),
        Integer(14, 1),
    ]);

    /// <summary><c>score = x W</c> with W [inputs, outputs] in another file: x [N, inputs], score [N, outputs].</summary>
    public static byte[] Linear(string location, int inputs, int outputs, long? offset = 0, long? length = null) => Model(Graph(
        Node("MatMul", ["x", "W"], ["score"]),
        Initializer("W", location, offset, length ?? 4L * inputs * outputs, inputs, outputs),
        Input("x", Float, "N", inputs),
        Output("score", Float, "N", outputs)));

    /// <summary>Layers of [width, width] of 1 / width each, then their mean: x [N, width], score [N, 1]; all weights in one file. A row of a constant gives that constant.</summary>
    public static byte[] Deep(string location, int width, int depth) => Model(Graph(
    [
        .. Enumerable.Range(0, depth).Select(i => Node("MatMul", [i == 0 ? "x" : $"z{i}", $"W{i}"], [$"z{i + 1}"])),
        Node("MatMul", [$"z{depth}", "last"], ["score"]),
        .. Enumerable.Range(0, depth).Select(i => Initializer($"W{i}", location, 4L * i * width * width, 4L * width * width, width, width)),
        Initializer("last", location, 4L * depth * width * width, 4L * width, width, 1),
        Input("x", Float, "N", width),
        Output("score", Float, "N", 1),
    ]));

    /// <summary>Writes the weights of <see cref="Deep"/>.</summary>
    public static void WriteDeepWeights(string path, int width, int depth)
    {
        var row = new float[width];
        Array.Fill(row, 1f / width);
        using var file = File.Create(path);
        for (var i = 0; i < (depth * width) + 1; i++)
        {
            file.Write(MemoryMarshal.AsBytes<float>(row));
        }
    }

    private static byte[] Entry(string key, string value) => Message(Text(1, key), Text(2, value));
}
