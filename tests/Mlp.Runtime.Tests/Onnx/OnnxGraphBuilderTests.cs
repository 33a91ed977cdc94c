using Microsoft.ML.OnnxRuntime;
using Mlp.Runtime.Onnx;

namespace Mlp.Runtime.Tests.Onnx;

public sealed class OnnxGraphBuilderTests
{
    [Fact]
    public void Build_Gemm_RunsInOnnxRuntime()
    {
        var graph = new OnnxGraphBuilder("linear");
        var x = graph.AddInput("x", OnnxDataType.Float32, OnnxGraphBuilder.Batch, 2);
        var w = graph.AddConstant("w", [1f, 2f, 3f, 4f, 5f, 6f], 3, 2);
        var b = graph.AddConstant("b", [10f, 20f, 30f], 3);
        var y = graph.AddNode("Gemm", [x, w, b], [OnnxAttribute.Int("transB", 1)], output: "y");
        graph.AddOutput(y, OnnxDataType.Float32, OnnxGraphBuilder.Batch, 3);

        using var session = new InferenceSession(graph.Build());
        using var input = OrtValue.CreateTensorValueFromMemory(new[] { 1f, 1f, 2f, 0f }, [2, 2]);
        using var results = session.Run(new RunOptions(), ["x"], [input], ["y"]);

        Assert.Equal([13f, 27f, 41f, 12f, 26f, 40f], results[0].GetTensorDataAsSpan<float>().ToArray());
        Assert.Equal([-1, 2], session.InputMetadata["x"].Dimensions);
        Assert.Equal([-1, 3], session.OutputMetadata["y"].Dimensions);
    }

    [Fact]
    public void Build_OperatorsForTexts_RunInOnnxRuntime()
    {
        var graph = new OnnxGraphBuilder("labels");
        var x = graph.AddInput("x", OnnxDataType.String, OnnxGraphBuilder.Batch, 1);
        var y = graph.AddNode(
            "LabelEncoder",
            [x],
            [OnnxAttribute.Strings("keys_strings", ["", "ä"]), OnnxAttribute.Ints("values_int64s", [7, 8]), OnnxAttribute.Int("default_int64", -3)],
            OnnxGraphBuilder.MlDomain);
        graph.AddOutput(y, OnnxDataType.Int64, OnnxGraphBuilder.Batch, 1);

        using var session = new InferenceSession(graph.Build());
        using var input = OrtValue.CreateTensorWithEmptyStrings(OrtAllocator.DefaultInstance, [3, 1]);
        input.StringTensorSetElementAt("ä", 0);
        input.StringTensorSetElementAt("other", 2);
        using var results = session.Run(new RunOptions(), ["x"], [input], [y]);

        Assert.Equal([8L, 7L, -3L], results[0].GetTensorDataAsSpan<long>().ToArray());
    }

    [Fact]
    public void AddMetadata_Pairs_ComeBackFromTheFile()
    {
        var graph = new OnnxGraphBuilder("identity");
        var x = graph.AddInput("x", OnnxDataType.Float64, OnnxGraphBuilder.Batch);
        graph.AddOutput(graph.AddNode("Identity", [x]), OnnxDataType.Float64, OnnxGraphBuilder.Batch);
        graph.AddMetadata("mlp.label", "ö");

        using var session = new InferenceSession(graph.Build());

        Assert.Equal("ö", session.ModelMetadata.CustomMetadataMap["mlp.label"]);
        Assert.Equal("mlp", session.ModelMetadata.ProducerName);
        Assert.Equal("identity", session.ModelMetadata.GraphName);
    }

    [Fact]
    public void Build_SameCalls_SameBytes()
    {
        static byte[] Make()
        {
            var graph = new OnnxGraphBuilder("g");
            var x = graph.AddInput("x", OnnxDataType.Int64, 2);
            graph.AddOutput(graph.AddNode("Add", [x, graph.AddConstant("c", [1L, 2L], 2)]), OnnxDataType.Int64, 2);
            return graph.Build();
        }

        Assert.Equal(Make(), Make());
    }

    [Fact]
    public void AddNode_UnknownInput_IsRefused()
    {
        var graph = new OnnxGraphBuilder("g");

        var error = Assert.Throws<InvalidOperationException>(() => graph.AddNode("Relu", ["nowhere"]));

        Assert.Contains("'nowhere' of Relu", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AddConstant_ShapeAndCountDiffer_IsRefused()
    {
        var graph = new OnnxGraphBuilder("g");

        var error = Assert.Throws<ArgumentException>(() => graph.AddConstant("c", [1f, 2f, 3f], 2, 2));

        Assert.Contains("Expected 4 values for the constant 'c', but found 3", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AddInput_NameTwice_IsRefused()
    {
        var graph = new OnnxGraphBuilder("g");
        graph.AddInput("x", OnnxDataType.Float32, 1);

        Assert.Throws<InvalidOperationException>(() => graph.AddInput("x", OnnxDataType.Float32, 1));
    }

    [Fact]
    public void AddOutput_NothingMakesIt_IsRefused()
        => Assert.Throws<InvalidOperationException>(() => new OnnxGraphBuilder("g").AddOutput("y", OnnxDataType.Float32, 1));

    [Fact]
    public void Build_NodeWithSeveralOutputs_RunsInOnnxRuntime()
    {
        var graph = new OnnxGraphBuilder("top");
        var x = graph.AddInput("x", OnnxDataType.Float32, OnnxGraphBuilder.Batch, 3);
        graph.AddNode("TopK", [x, graph.AddConstant("k", [1L], 1)], ["value", "place"]);
        graph.AddOutput("value", OnnxDataType.Float32, OnnxGraphBuilder.Batch, 1);
        graph.AddOutput("place", OnnxDataType.Int64, OnnxGraphBuilder.Batch, 1);

        using var session = new InferenceSession(graph.Build());
        using var input = OrtValue.CreateTensorValueFromMemory(new[] { 1f, 5f, 2f }, [1, 3]);
        using var results = session.Run(new RunOptions(), ["x"], [input], ["value", "place"]);

        Assert.Equal(5f, results[0].GetTensorDataAsSpan<float>()[0]);
        Assert.Equal(1L, results[1].GetTensorDataAsSpan<long>()[0]);
    }

    [Fact]
    public void Build_ConstantTexts_RunInOnnxRuntime()
    {
        var graph = new OnnxGraphBuilder("texts");
        var x = graph.AddInput("x", OnnxDataType.Int64, OnnxGraphBuilder.Batch);
        var y = graph.AddNode("Gather", [graph.AddConstant("names", ["eins", "zw\u00f6lf"], 2), x], output: "y");
        graph.AddOutput(y, OnnxDataType.String, OnnxGraphBuilder.Batch);

        using var session = new InferenceSession(graph.Build());
        using var input = OrtValue.CreateTensorValueFromMemory(new[] { 1L, 0L }, [2]);
        using var results = session.Run(new RunOptions(), ["x"], [input], ["y"]);

        Assert.Equal(["zw\u00f6lf", "eins"], results[0].GetStringTensorAsArray());
    }

    [Fact]
    public void Build_TensorAttributesOfOperatorSet5_RunInOnnxRuntime()
    {
        // One tree: x <= 0.5 gives 10, everything else 20.
        var graph = new OnnxGraphBuilder("tree", opset: 21, mlOpset: 5);
        var x = graph.AddInput("x", OnnxDataType.Float32, OnnxGraphBuilder.Batch, 1);
        var y = graph.AddNode(
            "TreeEnsemble",
            [x],
            [
                OnnxAttribute.Int("n_targets", 1), OnnxAttribute.Int("aggregate_function", 1), OnnxAttribute.Int("post_transform", 0),
                OnnxAttribute.Ints("tree_roots", [0]), OnnxAttribute.Ints("nodes_featureids", [0]), OnnxAttribute.Tensor("nodes_modes", [(byte)0], 1),
                OnnxAttribute.Tensor("nodes_splits", [0.5f], 1), OnnxAttribute.Ints("nodes_truenodeids", [0]), OnnxAttribute.Ints("nodes_trueleafs", [1]),
                OnnxAttribute.Ints("nodes_falsenodeids", [1]), OnnxAttribute.Ints("nodes_falseleafs", [1]), OnnxAttribute.Ints("leaf_targetids", [0, 0]),
                OnnxAttribute.Tensor("leaf_weights", [10f, 20f], 2),
            ],
            OnnxGraphBuilder.MlDomain,
            "y");
        graph.AddOutput(y, OnnxDataType.Float32, OnnxGraphBuilder.Batch, 1);

        using var session = new InferenceSession(graph.Build());
        using var input = OrtValue.CreateTensorValueFromMemory(new[] { 0.5f, 0.6f }, [2, 1]);
        using var results = session.Run(new RunOptions(), ["x"], [input], ["y"]);

        Assert.Equal([10f, 20f], results[0].GetTensorDataAsSpan<float>().ToArray());
    }

    [Theory]
    [InlineData("none", 20)]
    [InlineData("tanh", 20)]
    public void Build_TextAttribute_ReachesTheOperator(string approximate, int opset)
    {
        var graph = new OnnxGraphBuilder("gelu", opset);
        var x = graph.AddInput("x", OnnxDataType.Float32, 1);
        graph.AddOutput(graph.AddNode("Gelu", [x], [OnnxAttribute.Text("approximate", approximate)], output: "y"), OnnxDataType.Float32, 1);

        using var session = new InferenceSession(graph.Build());
        using var input = OrtValue.CreateTensorValueFromMemory(new[] { 1f }, [1]);
        using var results = session.Run(new RunOptions(), ["x"], [input], ["y"]);

        // Hendrycks and Gimpel: x·Φ(x) and its approximation by tanh at 1.
        Assert.Equal(approximate == "none" ? 0.8413447f : 0.8411920f, results[0].GetTensorDataAsSpan<float>()[0], 1e-6f);
    }

    [Fact]
    public void AddRawConstant_HalfNumbers_AreReadAsSuch()
    {
        var graph = new OnnxGraphBuilder("half");
        var x = graph.AddInput("x", OnnxDataType.Float32, 2);
        var c = graph.AddRawConstant("c", OnnxDataType.Float16, [0x00, 0x3C, 0x00, 0x40], 2);
        var wide = graph.AddNode("Cast", [c], [OnnxAttribute.Int("to", (long)OnnxDataType.Float32)]);
        graph.AddOutput(graph.AddNode("Add", [x, wide], output: "y"), OnnxDataType.Float32, 2);

        using var session = new InferenceSession(graph.Build());
        using var input = OrtValue.CreateTensorValueFromMemory(new[] { 0f, 0f }, [2]);
        using var results = session.Run(new RunOptions(), ["x"], [input], ["y"]);

        Assert.Equal([1f, 2f], results[0].GetTensorDataAsSpan<float>().ToArray());
        Assert.Contains("multiple of 2", Assert.Throws<ArgumentException>(() => graph.AddRawConstant("d", OnnxDataType.Float16, [1], 1)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(12, 3)]
    [InlineData(24, 3)]
    [InlineData(17, 2)]
    [InlineData(17, 6)]
    public void Constructor_UnknownVersion_IsRefused(int opset, int mlOpset)
        => Assert.Throws<ArgumentOutOfRangeException>(() => new OnnxGraphBuilder("g", opset, mlOpset));

    [Fact]
    public void UniqueName_TakenStem_GetsANumber()
    {
        var graph = new OnnxGraphBuilder("g");
        graph.AddInput("x", OnnxDataType.Float32, 1);

        Assert.Equal("x_1", graph.UniqueName("x"));
        Assert.Equal("y", graph.UniqueName("y"));
    }
}
