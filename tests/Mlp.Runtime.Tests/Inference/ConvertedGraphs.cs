using System.Runtime.InteropServices;
using Mlp.Runtime.Models;
using static Mlp.TestSupport.OnnxBytes;

namespace Mlp.Runtime.Tests.Inference;

/// <summary>Models whose input or score has a type or shape that features do not have by themselves.</summary>
internal static class ConvertedGraphs
{
    /// <summary>
    /// <c>y = x w</c>, w = 1, 10, 100, …, computed in float32: x of an element type and a declared shape, cast; y of another element type, [rows, 1] with rows as x has them.
    /// </summary>
    public static byte[] Linear(TensorElementKind input, TensorElementKind output, int width, params object?[] shape)
    {
        var weights = Enumerable.Range(0, width).Select(i => MathF.Pow(10, i)).ToArray();
        return [.. Model(Graph(
            Cast("x", "x.cast", Float),
            Node("Reshape", ["x.cast", "shape"], ["x.flat"]),
            Node("MatMul", ["x.flat", "w"], ["z"]),
            Cast("z", "y", TypeOf(output)),
            Initializer("w", Float, MemoryMarshal.AsBytes<float>(weights).ToArray(), width, 1),
            Initializer("shape", OnnxInt64, MemoryMarshal.AsBytes<long>(new long[] { -1, width }).ToArray(), 2),
            Input("x", TypeOf(input), shape),
            Output("y", TypeOf(output), shape.Length > 0 ? shape[0] : "N", 1))), .. MlOperators];
    }

    /// <summary><c>y = x w</c> as <see cref="Linear"/> has it in float32, without a declared shape of x: y [N, 1].</summary>
    public static byte[] Undeclared(int width)
    {
        var weights = Enumerable.Range(0, width).Select(i => MathF.Pow(10, i)).ToArray();
        return Model(Graph(
            Node("MatMul", ["x", "w"], ["y"]),
            Initializer("w", Float, MemoryMarshal.AsBytes<float>(weights).ToArray(), width, 1),
            Bytes(11, Value("x", Bytes(1, Message(Integer(1, Float))))),
            Output("y", Float, "N", 1)));
    }

    /// <summary>Refuses every text but "a", in batches of a fixed size: c [batch, 1] string, y [batch, 1] = 1.</summary>
    public static byte[] RefusesUnknown(int batch) =>
    [
        .. Model(Graph(
            Bytes(1, Message(
                Text(1, "c"), Text(2, "y"), Text(4, "OneHotEncoder"), Text(7, "ai.onnx.ml"), Attribute("cats_strings", 8, Text(9, "a")), Attribute("zeros", 2, Integer(3, 0)))),
            Input("c", TypeOf(TensorElementKind.String), batch),
            Output("y", Float, batch, 1))),
        .. MlOperators,
    ];

    /// <summary><c>y = a + 10 b</c>: a int32 and b float16, one feature each, of shape [batch, 1]; y [batch, 1] float32.</summary>
    public static byte[] Columns(object batch) => Model(Graph(
        Cast("a", "a.cast", Float),
        Cast("b", "b.cast", Float),
        Node("Mul", ["b.cast", "ten"], ["b.term"]),
        Node("Add", ["a.cast", "b.term"], ["y"]),
        FloatInitializer("ten", 10, 1),
        Input("a", TypeOf(TensorElementKind.Int32), batch, 1),
        Input("b", TypeOf(TensorElementKind.Float16), batch, 1),
        Output("y", Float, batch, 1)));

    /// <summary>The number of an element type in ONNX.</summary>
    public static int TypeOf(TensorElementKind kind) => kind switch
    {
        TensorElementKind.Float32 => 1,
        TensorElementKind.UInt8 => 2,
        TensorElementKind.Int8 => 3,
        TensorElementKind.UInt16 => 4,
        TensorElementKind.Int16 => 5,
        TensorElementKind.Int32 => 6,
        TensorElementKind.Int64 => 7,
        TensorElementKind.String => 8,
        TensorElementKind.Boolean => 9,
        TensorElementKind.Float16 => 10,
        TensorElementKind.Float64 => 11,
        TensorElementKind.UInt32 => 12,
        TensorElementKind.UInt64 => 13,
        TensorElementKind.BFloat16 => 16,
        TensorElementKind.Complex64 => 14,
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "Expected a type of numbers, truth values or texts."),
    };

    private const int OnnxInt64 = 7;

    private static byte[] MlOperators => Bytes(8, Message(Text(1, "ai.onnx.ml"), Integer(2, 3)));

    private static byte[] Cast(string input, string output, int type)
        => Bytes(1, Message(Text(1, input), Text(2, output), Text(4, "Cast"), Attribute("to", 2, Integer(3, type))));

    private static byte[] Attribute(string name, int type, params byte[][] fields) => Bytes(5, Message([Text(1, name), .. fields, Integer(20, type)]));

    private static byte[] Initializer(string name, int type, byte[] raw, params int[] dimensions)
        => Bytes(5, Message([.. dimensions.Select(d => Integer(1, d)), Integer(2, type), Text(8, name), Bytes(9, raw)]));
}
