using Mlp.Runtime.Data;
using Mlp.Runtime.Models;
using Mlp.Runtime.Onnx;
using Mlp.Training.Evaluation;

namespace Mlp.Training.Tests.Evaluation;

/// <summary>How many rows of a file are scored at once.</summary>
public sealed class GraphWidthTests
{
    private static readonly FeatureColumn[] Codes = [new("code", FeatureType.Int64, "view")];

    [Theory]
    [InlineData(100, 4096)]
    [InlineData(16_384, 1024)]
    [InlineData(262_144, 64)]
    public void Open_IndicatorsOfManyCategories_AreScoredInSmallerRuns(int categories, int rows)
    {
        using var scorer = OnnxScorer.Open("evaluated", OneHot(categories), Codes, new ModelOutput { Task = ModelTask.Regression, ScoreOutput = "score" });

        Assert.Equal(rows, scorer.LargestRun);
    }

    [Fact]
    public void Open_LongVectors_AreScoredInSmallerRuns()
    {
        var graph = new OnnxGraphBuilder("model");
        var input = graph.AddInput("float32", OnnxDataType.Float32, OnnxGraphBuilder.Batch, 32_768);
        graph.AddNode("ReduceMean", [input], [OnnxAttribute.Ints("axes", [1]), OnnxAttribute.Int("keepdims", 1)], output: "score");
        graph.AddOutput("score", OnnxDataType.Float32, OnnxGraphBuilder.Batch, 1);
        FeatureColumn[] features = [new("v", FeatureType.Float32, "view") { Length = 32_768 }];

        using var scorer = OnnxScorer.Open("evaluated", graph.Build(), features, new ModelOutput { Task = ModelTask.Regression, ScoreOutput = "score" });

        Assert.Equal(512, scorer.LargestRun);
    }

    private static byte[] OneHot(int categories)
    {
        var graph = new OnnxGraphBuilder("model");
        var input = graph.AddInput("int64", OnnxDataType.Int64, OnnxGraphBuilder.Batch, 1);
        var depth = graph.AddConstant("depth", (ReadOnlySpan<long>)[categories], 1);
        var values = graph.AddConstant("off_on", (ReadOnlySpan<float>)[0, 1], 2);
        var indicators = graph.AddNode("OneHot", [input, depth, values]);
        var axis = graph.AddConstant("axis", (ReadOnlySpan<long>)[2], 1);
        var sum = graph.AddNode("ReduceSum", [indicators, axis], [OnnxAttribute.Int("keepdims", 0)]);
        graph.AddNode("Identity", [sum], output: "score");
        graph.AddOutput("score", OnnxDataType.Float32, OnnxGraphBuilder.Batch, 1);
        return graph.Build();
    }
}
