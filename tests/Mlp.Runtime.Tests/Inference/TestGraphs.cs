using System.Runtime.InteropServices;
using Mlp.Runtime.Data;
using Mlp.TestSupport;
using static Mlp.TestSupport.OnnxBytes;

namespace Mlp.Runtime.Tests.Inference;

/// <summary>Small models, each with something that a slot must get right.</summary>
public static class TestGraphs
{
    private const int Boolean = 9;
    private const int GraphAttribute = 5;
    private const int FloatsAttribute = 6;
    private const int StringsAttribute = 8;

    /// <summary><c>p = sigmoid(x w)</c>: x [N, weights], p [N, 1].</summary>
    public static byte[] Logistic(params float[] weights) => WithOperators(Graph(
        Node("MatMul", ["x", "w"], ["z"]),
        Node("Sigmoid", ["z"], ["p"]),
        Floats("w", weights, weights.Length, 1),
        Input("x", Float, "N", weights.Length),
        Output("p", Float, "N", 1)));

    /// <summary><c>p = sigmoid(x w)</c> with the sum <c>z</c> as another output: x [N, weights], p [N, 1], z [N, 1].</summary>
    public static byte[] LogisticWithSum(params float[] weights) => WithOperators(Graph(
        Node("MatMul", ["x", "w"], ["z"]),
        Node("Sigmoid", ["z"], ["p"]),
        Floats("w", weights, weights.Length, 1),
        Input("x", Float, "N", weights.Length),
        Output("p", Float, "N", 1),
        Output("z", Float, "N", 1)));

    /// <summary><c>p = softmax(x w)</c> with w the rows of a table: x [N, inputs], p [N, classes].</summary>
    public static byte[] Softmax(int inputs, int classes, params float[] weights) => WithOperators(Graph(
        Node("MatMul", ["x", "w"], ["z"]),
        Node("Softmax", ["z"], ["p"]),
        Floats("w", weights, inputs, classes),
        Input("x", Float, "N", inputs),
        Output("p", Float, "N", classes)));

    /// <summary><c>y = x w</c> in float64: x [N, weights], y [N, 1].</summary>
    public static byte[] LinearDouble(params double[] weights) => WithOperators(Graph(
        Node("MatMul", ["x", "w"], ["y"]),
        Tensor("w", OnnxBytes.Double, MemoryMarshal.AsBytes<double>(weights).ToArray(), weights.Length, 1),
        Input("x", OnnxBytes.Double, "N", weights.Length),
        Output("y", OnnxBytes.Double, "N", 1)));

    /// <summary><c>y = x w</c> with shape [N], of which the file says [1].</summary>
    public static byte[] Lying(params float[] weights) => WithOperators(Graph(
        Node("MatMul", ["x", "w"], ["z"]),
        Node("Reshape", ["z", "shape"], ["y"]),
        Floats("w", weights, weights.Length, 1),
        Integers("shape", [-1], 1),
        Input("x", Float, "N", weights.Length),
        Output("y", Float, 1)));

    /// <summary>
    /// One block per element type: float32 [N, 2], float64 [N, 1], int64 [N, 2], boolean [N, 1], string [N, 2] and status uint8 [N, 8], features in that order.
    /// <c>y = Σ float32 + 10 float64 + 100 Σ int64 + 1000 boolean + 10000 Σ code(string) + 100000 Σ status</c>, code("a") = 1, code("ü") = 2, of other texts 0. y [N, 1].
    /// </summary>
    public static byte[] AllTypes() => WithOperators(Graph(
        [
            .. Term("float32", Float, null, 1),
            .. Term("float64", OnnxBytes.Double, "Cast", 10),
            .. Term("int64", OnnxBytes.Int64, "Cast", 100),
            .. Term("boolean", Boolean, "Cast", 1000),
            LabelEncoder("string", "string.cast"),
            .. Sum("string", 10_000),
            .. Term("status", UInt8, "Cast", 100_000),
            Node("Sum", ["float32.term", "float64.term", "int64.term", "boolean.term", "string.term", "status.term"], ["y"]),
            Integers("axes", [1], 1),
            Input("float32", Float, "N", 2),
            Input("float64", OnnxBytes.Double, "N", 1),
            Input("int64", OnnxBytes.Int64, "N", 2),
            Input("boolean", Boolean, "N", 1),
            Input("string", OnnxBytes.String, "N", 2),
            Input("status", UInt8, "N", 8),
            Output("y", Float, "N", 1),
        ]));

    /// <summary>float32 [N, 1], int64 [N, 1] and string [N, 1]: <c>y = float32 + 100 int64 + 10000 code(string)</c>, code("a") = 1. y [N, 1].</summary>
    public static byte[] Blocks() => WithOperators(Graph(
        [
            .. Term("float32", Float, null, 1),
            .. Term("int64", OnnxBytes.Int64, "Cast", 100),
            LabelEncoder("string", "string.cast"),
            .. Sum("string", 10_000),
            Node("Sum", ["float32.term", "int64.term", "string.term"], ["y"]),
            Integers("axes", [1], 1),
            Input("float32", Float, "N", 1),
            Input("int64", OnnxBytes.Int64, "N", 1),
            Input("string", OnnxBytes.String, "N", 1),
            Output("y", Float, "N", 1),
        ]));

    /// <summary><c>y = Σ status</c> of a float and a text, which do not count: float32 [N, 1], string [N, 1], status uint8 [N, features], y [N, 1].</summary>
    public static byte[] StatusSum(int features) => WithOperators(Graph(
        [
            .. Term("status", UInt8, "Cast", 1),
            Node("Identity", ["status.term"], ["y"]),
            Integers("axes", [1], 1),
            Input("float32", Float, "N", 1),
            Input("string", OnnxBytes.String, "N", 1),
            Input("status", UInt8, "N", features),
            Output("y", Float, "N", 1),
        ]));

    /// <summary>One input per feature: a [N, 1] float, b [N] float, c [N, 1] string. <c>y = a + 10 b + 100 code(c)</c>; y [N, 1].</summary>
    public static byte[] Columns() => WithOperators(Graph(
        Node("Reshape", ["b", "shape"], ["b2"]),
        Node("Mul", ["b2", "ten"], ["b3"]),
        LabelEncoder("c", "c2"),
        Node("Mul", ["c2", "hundred"], ["c3"]),
        Node("Sum", ["a", "b3", "c3"], ["y"]),
        Floats("ten", [10], 1),
        Floats("hundred", [100], 1),
        Integers("shape", [-1, 1], 2),
        Input("a", Float, "N", 1),
        Input("b", Float, "N"),
        Input("c", OnnxBytes.String, "N", 1),
        Output("y", Float, "N", 1)));

    /// <summary>Two inputs that no feature describes: u [N, 2] and v [N, 3], float32. <c>y = Σ u + 10 Σ v</c>; y [N, 1].</summary>
    public static byte[] TwoInputs() => WithOperators(Graph(
        [
            .. Term("u", Float, null, 1),
            .. Term("v", Float, null, 10),
            Node("Add", ["u.term", "v.term"], ["y"]),
            Integers("axes", [1], 1),
            Input("u", Float, "N", 2),
            Input("v", Float, "N", 3),
            Output("y", Float, "N", 1),
        ]));

    /// <summary>Refuses every text but "a", as scikit-learn's encoder does by default: c [N, 1] string, y [N, 1].</summary>
    public static byte[] RefusesUnknown() => WithOperators(Graph(
        Bytes(1, Message(
            Text(1, "c"), Text(2, "y"), Text(4, "OneHotEncoder"), Text(7, "ai.onnx.ml"), Attribute("cats_strings", StringsAttribute, Text(9, "a")), Attribute("zeros", 2, Integer(3, 0)))),
        Input("c", OnnxBytes.String, "N"),
        Output("y", Float, "N", 1)));

    /// <summary>A sum over the rows before and itself: x [N, 1], y [N, 1].</summary>
    public static byte[] CumulativeSum() => WithOperators(Graph(
        Node("CumSum", ["x", "axis"], ["y"]), Integers("axis", [0]), Input("x", Float, "N", 1), Output("y", Float, "N", 1)));

    /// <summary>What every row gets of the greatest one: x [N, 1], y = factor · x + shared · max over all rows.</summary>
    public static byte[] SharedMaximum(float factor, float shared) => WithOperators(Graph(
        Node("ReduceMax", ["x"], ["greatest"]),
        Node("Mul", ["greatest", "shared"], ["of.all"]),
        Node("Mul", ["x", "factor"], ["own"]),
        Node("Add", ["own", "of.all"], ["y"]),
        Floats("shared", [shared], 1, 1),
        Floats("factor", [factor], 1, 1),
        Input("x", Float, "N", 1),
        Output("y", Float, "N", 1)));

    /// <summary>Says that it takes any number of rows, and takes one: x [N, 2], y [N, 2].</summary>
    public static byte[] OneRowOnly() => WithOperators(Graph(
        Node("Reshape", ["x", "shape"], ["y"]), Integers("shape", [1, 2], 2), Input("x", Float, "N", 2), Output("y", Float, "N", 2)));

    /// <summary>
    /// Any features: one block per type, or one input per feature, and a status input if wanted. <c>y = Σ (i + 1) value(i) + Σ 0.001 (i + 1) status(i)</c> over the features in order, a text's value
    /// as in <see cref="AllTypes"/>; NaN counts as -3. y [N, 1].
    /// </summary>
    public static byte[] Any(FeatureRowLayout layout, bool withStatus, bool asColumns)
    {
        var fields = new List<byte[]>();
        var terms = new List<string>();
        foreach (var group in layout.Columns.Select((c, i) => (c.Name, c.Type, Weight: i + 1f)).GroupBy(c => c.Type))
        {
            if (asColumns)
            {
                foreach (var (name, type, weight) in group)
                {
                    Add(name, type, [weight]);
                }
            }
            else
            {
                Add($"block{group.Key}", group.Key, [.. group.Select(g => g.Weight)]);
            }
        }

        if (withStatus)
        {
            fields.AddRange([Cast("status", "status.cast"), Floats("status.weights", [.. layout.Columns.Select((_, i) => 0.001f * (i + 1))], layout.Columns.Count, 1)]);
            fields.AddRange([Node("MatMul", ["status.cast", "status.weights"], ["status.term"]), Input("status", UInt8, "N", layout.Columns.Count)]);
            terms.Add("status.term");
        }

        return WithOperators(Graph([.. fields, Node("Sum", [.. terms], ["y"]), Floats("minusThree", [-3], 1), Output("y", Float, "N", 1)]));

        void Add(string input, FeatureType type, float[] weights)
        {
            fields.Add(type == FeatureType.String ? LabelEncoder(input, input + ".cast") : Cast(input, input + ".cast"));
            fields.Add(Node("IsNaN", [input + ".cast"], [input + ".nan"]));
            fields.Add(Node("Where", [input + ".nan", "minusThree", input + ".cast"], [input + ".value"]));
            fields.Add(Floats(input + ".weights", weights, weights.Length, 1));
            fields.Add(Node("MatMul", [input + ".value", input + ".weights"], [input + ".term"]));
            var element = type switch
            {
                FeatureType.Float32 => Float,
                FeatureType.Float64 => OnnxBytes.Double,
                FeatureType.Int64 => OnnxBytes.Int64,
                FeatureType.Boolean => Boolean,
                _ => OnnxBytes.String,
            };
            fields.Add(Input(input, element, "N", weights.Length));
            terms.Add(input + ".term");
        }
    }

    /// <summary>Many products of [N, width] and [width, width]: x [N, 1], y [N, 1]. Long, and interruptible between any two.</summary>
    public static byte[] Slow(int width, int depth) => WithOperators(Graph(
        [
            Node("MatMul", ["x", "first"], ["z0"]),
            .. Enumerable.Range(0, depth).Select(i => Node("MatMul", [$"z{i}", "w"], [$"z{i + 1}"])),
            Node("MatMul", [$"z{depth}", "last"], ["y"]),
            Floats("first", [.. Enumerable.Repeat(1f, width)], 1, width),
            Floats("w", [.. Enumerable.Repeat(1f / width, width * width)], width, width),
            Floats("last", [.. Enumerable.Repeat(1f / width, width)], width, 1),
            Input("x", Float, "N", 1),
            Output("y", Float, "N", 1),
        ]));

    /// <summary><c>y = x</c> after as many turns of a loop as the sum of x says, between any two of which it is interruptible: x [N, 1], y [N, 1]. A large sum never ends.</summary>
    public static byte[] Loop() => WithOperators(Graph(
        Node("ReduceSum", ["x"], ["sum"]),
        Node("Reshape", ["sum", "one"], ["turns"]),
        Bytes(1, Message(Text(1, "turns"), Text(2, "count"), Text(4, "Cast"), Attribute("to", 2, Integer(3, OnnxBytes.Int64)))),
        Bytes(1, Message(Text(1, "count"), Text(1, string.Empty), Text(1, "x"), Text(2, "y"), Text(4, "Loop"), Attribute("body", GraphAttribute, Bytes(6, Graph(
            Node("Identity", ["goes"], ["goes.on"]),
            Node("Identity", ["v"], ["v.next"]),
            Input("turn", OnnxBytes.Int64),
            Input("goes", Boolean),
            Input("v", Float, "N", 1),
            Output("goes.on", Boolean),
            Output("v.next", Float, "N", 1)))))),
        Integers("one", [1], 1),
        Input("x", Float, "N", 1),
        Output("y", Float, "N", 1)));

    private static byte[] WithOperators(byte[] graph)
        => [.. Model(graph), .. Bytes(8, Message(Text(1, "ai.onnx.ml"), Integer(2, 3)))];

    private static byte[][] Term(string input, int type, string? cast, float factor)
        => [cast is null ? Node("Identity", [input], [input + ".cast"]) : Cast(input, input + ".cast"), .. Sum(input, factor)];

    private static byte[][] Sum(string input, float factor) =>
    [
        Node("ReduceSum", [input + ".cast", "axes"], [input + ".sum"]),
        Node("Mul", [input + ".sum", input + ".factor"], [input + ".term"]),
        Floats(input + ".factor", [factor], 1),
    ];

    public static byte[] Cast(string input, string output)
        => Bytes(1, Message(Text(1, input), Text(2, output), Text(4, "Cast"), Attribute("to", 2, Integer(3, Float))));

    private static byte[] LabelEncoder(string input, string output) => Bytes(1, Message(
        Text(1, input),
        Text(2, output),
        Text(4, "LabelEncoder"),
        Text(7, "ai.onnx.ml"),
        Attribute("keys_strings", StringsAttribute, Text(9, "a"), Text(9, "ü")),
        Attribute("values_floats", FloatsAttribute, Bytes(7, MemoryMarshal.AsBytes<float>(new float[] { 1, 2 }).ToArray())),
        Attribute("default_float", 1, Fixed32(2, 0))));

    private static byte[] Attribute(string name, int type, params byte[][] fields) => Bytes(5, Message([Text(1, name), .. fields, Integer(20, type)]));

    private static byte[] Fixed32(int field, float value) => [(byte)((field << 3) | 5), .. BitConverter.GetBytes(value)];

    private static byte[] Floats(string name, float[] values, params int[] dimensions)
        => Tensor(name, Float, MemoryMarshal.AsBytes<float>(values).ToArray(), dimensions);

    private static byte[] Integers(string name, long[] values, params int[] dimensions)
        => Tensor(name, OnnxBytes.Int64, MemoryMarshal.AsBytes<long>(values).ToArray(), dimensions);

    private static byte[] Tensor(string name, int type, byte[] raw, params int[] dimensions)
        => Bytes(5, Message([.. dimensions.Select(d => Integer(1, d)), Integer(2, type), Text(8, name), Bytes(9, raw)]));
}
