using Mlp.Runtime.Data;
using Mlp.Runtime.Kernels;
using Mlp.Runtime.Models;
using Mlp.Runtime.Onnx;
using Mlp.TestSupport;
using static Mlp.TestSupport.OnnxBytes;

namespace Mlp.Runtime.Tests.Kernels;

/// <summary>Linear models, networks and what stands in front of them answer as ONNX Runtime answers, on the thousand rows of the trial.</summary>
public sealed class NetworkKernelTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(10, 1)]
    [InlineData(32, 1)]
    [InlineData(33, 3)]
    [InlineData(7, 20)]
    public void Recognise_Linear_AgreesWithOnnxRuntime(int inputs, int outputs)
    {
        foreach (var last in (string?[])[null, "Sigmoid", "Softmax"])
        {
            KernelFixture.AssertAgrees(Network([inputs, outputs], "Relu", last), "y", KernelKind.Linear);
        }
    }

    [Theory]
    [InlineData("Relu")]
    [InlineData("Sigmoid")]
    [InlineData("Tanh")]
    [InlineData("LeakyRelu")]
    public void Recognise_Network_AgreesWithOnnxRuntime(string activation)
    {
        KernelFixture.AssertAgrees(Network([32, 64, 64, 1], activation, null), "y", KernelKind.Dense);
        KernelFixture.AssertAgrees(Network([5, 17, 3], activation, "Softmax"), "y", KernelKind.Dense);
    }

    /// <summary>The greatest numbers overflow in the first layer, and what becomes of that depends on the order of the second one's sums: such rows are not the kernel's.</summary>
    [Fact]
    public void Recognise_NetworkOfLargeWeights_AgreesWithOnnxRuntime()
    {
        KernelFixture.AssertAgrees(Network([10, 64, 32, 1], "Relu", null, gain: 6), "y", KernelKind.Dense);
        KernelFixture.AssertAgrees(Network([5, 17, 3], "LeakyRelu", "Softmax", gain: 6), "y", KernelKind.Dense);
    }

    /// <summary>As scikit-learn exports it.</summary>
    [ReferenceDataFact("peers/mlp.onnx")]
    public void Recognise_NetworkOfScikitLearn_AgreesWithOnnxRuntime()
        => KernelFixture.AssertAgrees(File.ReadAllBytes(ReferenceData.Find("peers/mlp.onnx")!), "variable", KernelKind.Dense);

    [Fact]
    public void Recognise_ProductAndSum_BecomeOneLayer()
    {
        var graph = new OnnxGraphBuilder("g");
        graph.AddInput("x", OnnxDataType.Float32, OnnxGraphBuilder.Batch, 6);
        var product = graph.AddNode("MatMul", ["x", graph.AddConstant("w", Weights(1, 12), 6, 2)]);
        graph.AddNode("Add", [graph.AddConstant("b", [0.5f, -0.5f], 2), product], output: "y");
        graph.AddOutput("y", OnnxDataType.Float32, OnnxGraphBuilder.Batch, 2);

        var program = KernelFixture.AssertAgrees(graph.Build(), "y", KernelKind.Linear);

        Assert.Single(program.Steps);
    }

    [Fact]
    public void Recognise_NormalisationAndTransposedWeights_AgreesWithOnnxRuntime()
    {
        var graph = new OnnxGraphBuilder("g");
        graph.AddInput("x", OnnxDataType.Float32, OnnxGraphBuilder.Batch, 6);
        var hidden = graph.AddNode(
            "Gemm",
            ["x", graph.AddConstant("w", Weights(1, 60), 10, 6), graph.AddConstant("b", Weights(2, 10), 10)],
            [OnnxAttribute.Int("transB", 1), OnnxAttribute.Float("alpha", 0.5f), OnnxAttribute.Float("beta", 2)]);
        var normal = graph.AddNode(
            "BatchNormalization",
            [hidden, graph.AddConstant("scale", Weights(3, 10), 10), graph.AddConstant("shift", Weights(4, 10), 10), graph.AddConstant("mean", Weights(5, 10), 10), graph.AddConstant("var", [.. Weights(6, 10).Select(v => (v * v) + 0.1f)], 10)],
            [OnnxAttribute.Float("epsilon", 1e-3f)]);
        var active = graph.AddNode("Relu", [normal]);
        var last = graph.AddNode("Gemm", [active, graph.AddConstant("w2", Weights(7, 10), 10, 1)]);
        graph.AddNode("Mul", [graph.AddConstant("two", [2f]), last], output: "y");
        graph.AddOutput("y", OnnxDataType.Float32, OnnxGraphBuilder.Batch, 1);

        KernelFixture.AssertAgrees(graph.Build(), "y", KernelKind.Dense);
    }

    /// <summary>As our exporter writes it: standardised in float64, clipped, what is missing is 0, and a column says so.</summary>
    [Fact]
    public void Recognise_Standardisation_AgreesWithOnnxRuntime()
    {
        var graph = new OnnxGraphBuilder("g");
        graph.AddInput("float32", OnnxDataType.Float32, OnnxGraphBuilder.Batch, 3);
        graph.AddInput("float64", OnnxDataType.Float64, OnnxGraphBuilder.Batch, 2);
        graph.AddInput("int64", OnnxDataType.Int64, OnnxGraphBuilder.Batch, 2);
        graph.AddInput("status", OnnxDataType.UInt8, OnnxGraphBuilder.Batch, 7);
        var present = graph.AddNode("Equal", [Cast(graph, "status", OnnxDataType.Int32), graph.AddConstant("present", [1])]);
        var integers = graph.AddNode(
            "Where",
            [
                graph.AddNode("Gather", [present, graph.AddConstant("columns", [5L, 6], 2)], [OnnxAttribute.Int("axis", 1)]),
                Cast(graph, "int64", OnnxDataType.Float64),
                graph.AddConstant("nan", [double.NaN]),
            ]);
        var numbers = graph.AddNode("Concat", [Cast(graph, "float32", OnnxDataType.Float64), "float64", integers], [OnnxAttribute.Int("axis", 1)]);
        var missing = graph.AddNode("IsNaN", [graph.AddNode("Sub", [numbers, numbers])]);
        var centred = graph.AddNode("Sub", [numbers, graph.AddConstant("means", [1.0, 2, 3, 4, 5, 6, 7], 7)]);
        var scaled = graph.AddNode("Div", [centred, graph.AddConstant("deviations", [1.0, 2, 3, 4, 5, 6, 7], 7)]);
        var clipped = graph.AddNode("Clip", [scaled, graph.AddConstant("least", [-10.0]), graph.AddConstant("greatest", [10.0])]);
        var standard = graph.AddNode("Where", [missing, graph.AddConstant("zero", [0f]), Cast(graph, clipped, OnnxDataType.Float32)]);
        var encoded = graph.AddNode("Concat", [standard, Cast(graph, missing, OnnxDataType.Float32)], [OnnxAttribute.Int("axis", -1)]);
        graph.AddNode("Gemm", [encoded, graph.AddConstant("w", Weights(1, 14), 14, 1)], output: "y");
        graph.AddOutput("y", OnnxDataType.Float32, OnnxGraphBuilder.Batch, 1);
        var features = Enumerable.Range(0, 7).Select(i => new FeatureColumn($"f{i}", i < 3 ? FeatureType.Float32 : i < 5 ? FeatureType.Float64 : FeatureType.Int64, "v"));

        KernelFixture.AssertAgrees(graph.Build(), "y", KernelKind.Linear, features: [.. features]);
    }

    [Theory]
    [InlineData("NONE", 1)]
    [InlineData("NONE", 3)]
    [InlineData("LOGISTIC", 1)]
    [InlineData("LOGISTIC", 3)]
    [InlineData("SOFTMAX", 1)]
    [InlineData("SOFTMAX", 3)]
    public void Recognise_LinearRegressor_AgreesWithOnnxRuntime(string transform, int targets) => KernelFixture.AssertAgrees(
        Classical(
            targets,
            targets,
            "LinearRegressor",
            TreeGraph.Floats("coefficients", Weights(1, 4 * targets)),
            TreeGraph.Floats("intercepts", Weights(2, targets)),
            TreeGraph.Integral("targets", targets),
            TreeGraph.Text("post_transform", transform)),
        "y",
        KernelKind.Linear);

    [Theory]
    [InlineData("NONE", 2)]
    [InlineData("LOGISTIC", 2)]
    [InlineData("SOFTMAX", 2)]
    [InlineData("NONE", 5)]
    [InlineData("LOGISTIC", 5)]
    [InlineData("SOFTMAX", 5)]
    [InlineData("NONE", 1)]
    public void Recognise_LinearClassifier_AgreesWithOnnxRuntime(string transform, int classes)
    {
        var width = Math.Max(2, classes);
        KernelFixture.AssertAgrees(
            Classical(
                classes,
                width,
                "LinearClassifier",
                TreeGraph.Floats("coefficients", Weights(1, 4 * classes)),
                TreeGraph.Floats("intercepts", Weights(2, classes)),
                TreeGraph.Ints("classlabels_ints", [.. Enumerable.Range(0, width).Select(i => (long)i)]),
                TreeGraph.Text("post_transform", transform)),
            "y",
            KernelKind.Linear,
            ModelTask.MulticlassClassification);
    }

    /// <summary>As scikit-learn's pipelines come: an input per column, imputed and scaled.</summary>
    [Fact]
    public void Recognise_PipelineOfColumns_AgreesWithOnnxRuntime()
    {
        var onnx = TreeGraph.WithMl(
            Graph(
                Ml("Imputer", ["merged"], ["imputed"], TreeGraph.Floats("imputed_value_floats", [1, 2, 3]), TreeGraph.Number("replaced_value_float", float.NaN)),
                Ml("Scaler", ["imputed"], ["scaled"], TreeGraph.Floats("offset", [1, 20, 300]), TreeGraph.Floats("scale", [2, 0.1f, 0.01f])),
                Ml(
                    "LinearClassifier",
                    ["scaled"],
                    ["label", "y"],
                    TreeGraph.Floats("coefficients", [1, 2, 3, -1, -2, -3]),
                    TreeGraph.Floats("intercepts", [0.1f, -0.1f]),
                    TreeGraph.Ints("classlabels_ints", [0, 1]),
                    TreeGraph.Text("post_transform", "LOGISTIC")),
                Input("a", Float, "N", 1),
                Input("b", Float, "N", 1),
                Input("c", Float, "N", 1),
                Output("label", OnnxBytes.Int64, "N"),
                Output("y", Float, "N", 2)),
            1);
        var editor = OnnxModelEditor.Open("m", onnx);
        editor.Graph.AddFirstNode(OnnxMessages.Node("Concat", ["a", "b", "c"], ["merged"], [OnnxAttribute.Int("axis", 1)]));

        KernelFixture.AssertAgrees(editor.ToArray(), "y", KernelKind.Linear);
    }

    [Fact]
    public void Recognise_Float64_AgreesWithOnnxRuntime()
    {
        var graph = new OnnxGraphBuilder("g");
        graph.AddInput("x", OnnxDataType.Float64, OnnxGraphBuilder.Batch, 10);
        double[] weights = [.. Weights(1, 10).Select(w => (double)w)];
        var product = graph.AddNode("MatMul", ["x", graph.AddConstant("w", weights, 10, 1)]);
        var sum = graph.AddNode("Add", [product, graph.AddConstant("b", [3.0], 1)]);
        graph.AddNode("Reshape", [sum, graph.AddConstant("shape", [-1L, 1], 2)], output: "y");
        graph.AddOutput("y", OnnxDataType.Float64, OnnxGraphBuilder.Batch, 1);

        KernelFixture.AssertAgrees(graph.Build(), "y", KernelKind.Linear);
    }

    [Fact]
    public void Recognise_WhatIsNotCovered_SaysWhy()
    {
        var graph = new OnnxGraphBuilder("g");
        graph.AddInput("x", OnnxDataType.Float32, OnnxGraphBuilder.Batch, 3);
        graph.AddNode("Erf", ["x"], output: "y");
        graph.AddOutput("y", OnnxDataType.Float32, OnnxGraphBuilder.Batch, 3);
        using var other = new KernelFixture(graph.Build(), "y");
        using var large = new KernelFixture(Network([300, 300, 1], "Relu", null), "y");
        var plain = new OnnxGraphBuilder("g");
        plain.AddInput("x", OnnxDataType.Float32, OnnxGraphBuilder.Batch, 3);
        plain.AddNode("Relu", ["x"], output: "y");
        plain.AddOutput("y", OnnxDataType.Float32, OnnxGraphBuilder.Batch, 3);
        using var without = new KernelFixture(plain.Build(), "y");

        Assert.Equal("Expected operators that kernels cover, but found Erf (node 'y').", other.Refusal());
        Assert.Equal("Expected dense layers of at most 65536 weights in all.", large.Refusal());
        Assert.Equal("Expected a linear model, trees or a network of dense layers, but found none of them.", without.Refusal());
    }

    internal static byte[] Network(int[] widths, string activation, string? last, float gain = 1)
    {
        var graph = new OnnxGraphBuilder("network");
        var value = graph.AddInput("x", OnnxDataType.Float32, OnnxGraphBuilder.Batch, widths[0]);
        for (var i = 1; i < widths.Length; i++)
        {
            var isLast = i == widths.Length - 1;
            float[] weights = [.. Weights(i, widths[i - 1] * widths[i]).Select(w => gain * w / MathF.Sqrt(widths[i - 1]))];
            value = graph.AddNode(
                "Gemm",
                [value, graph.AddConstant($"w{i}", weights, widths[i - 1], widths[i]), graph.AddConstant($"b{i}", Weights(i + 100, widths[i]), widths[i])],
                output: isLast && last is null ? "y" : null);
            value = isLast ? value : graph.AddNode(activation, [value]);
        }

        value = last is null ? value : graph.AddNode(last, [value], output: "y");
        graph.AddOutput(value, OnnxDataType.Float32, OnnxGraphBuilder.Batch, widths[^1]);
        return graph.Build();
    }

    private static byte[] Classical(int targets, int width, string operation, params byte[][] attributes)
    {
        Assert.True(targets > 0);
        var isClassifier = operation == "LinearClassifier";
        return TreeGraph.WithMl(
            Graph(
            [
                Ml(operation, ["x"], isClassifier ? ["label", "y"] : ["y"], attributes),
                Input("x", Float, "N", 4),
                .. isClassifier ? [Output("label", OnnxBytes.Int64, "N")] : (byte[][])[],
                Output("y", Float, "N", width),
            ]),
            1);
    }

    private static byte[] Ml(string operation, string[] inputs, string[] outputs, params byte[][] attributes)
        => Bytes(1, Message([.. inputs.Select(i => Text(1, i)), .. outputs.Select(o => Text(2, o)), Text(4, operation), Text(7, "ai.onnx.ml"), .. attributes]));

    private static string Cast(OnnxGraphBuilder graph, string value, OnnxDataType type) => graph.AddNode("Cast", [value], [OnnxAttribute.Int("to", (int)type)]);

    private static float[] Weights(int seed, int count)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => (random.NextSingle() * 2) - 1)];
    }
}
