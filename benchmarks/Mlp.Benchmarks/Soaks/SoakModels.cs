using Mlp.Runtime.Models;
using Mlp.Runtime.Onnx;

namespace Mlp.Benchmarks.Soaks;

/// <summary>Models that say which one has answered: whatever the features, the score is the number of the model.</summary>
internal static class SoakModels
{
    /// <summary>A dense network of one hidden layer, whose result is multiplied by zero: x [N, features], score [N, 1].</summary>
    /// <param name="answer">What it answers.</param>
    /// <param name="features">Number of features.</param>
    /// <param name="width">Width of the hidden layer.</param>
    public static ModelPackage Constant(int answer, int features, int width)
    {
        var graph = new OnnxGraphBuilder("constant");
        var x = graph.AddInput("x", OnnxDataType.Float32, OnnxGraphBuilder.Batch, features);
        var first = graph.AddConstant("w1", [.. Enumerable.Range(0, features * width).Select(i => (i % 7) - 3f)], features, width);
        var second = graph.AddConstant("w2", [.. Enumerable.Range(0, width).Select(i => (i % 2) - 0.5f)], width, 1);
        var hidden = graph.AddNode("Relu", [graph.AddNode("MatMul", [x, first])]);
        var product = graph.AddNode("Mul", [graph.AddNode("MatMul", [hidden, second]), graph.AddConstant("zero", [0f], 1)]);
        graph.AddOutput(graph.AddNode("Add", [product, graph.AddConstant("b", [(float)answer], 1)], output: "score"), OnnxDataType.Float32, OnnxGraphBuilder.Batch, 1);
        return new ModelPackage { Onnx = graph.Build(), Output = new ModelOutput { Task = ModelTask.Regression, ScoreOutput = "score" } };
    }
}
