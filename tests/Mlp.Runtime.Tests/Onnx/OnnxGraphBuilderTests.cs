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
}
