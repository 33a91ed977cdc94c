using Mlp.Runtime.Models;
using Mlp.Runtime.Onnx;

namespace Mlp.Runtime.Tests.Onnx;

public sealed class OnnxWeightInlinerTests
{
    [Theory]
    [InlineData(4)]
    [InlineData(4096)]
    [InlineData(1 << 20)]
    public void Inline_WhatWasTakenOut_IsTheFileThatWas(int smallest)
    {
        var onnx = Model();
        var (graph, ranges) = OnnxWeightExtractor.Extract(onnx, "w.weights", smallest);
        var tensors = OnnxExternalDataReader.Read("m", graph);
        var sources = ranges.ToDictionary(r => r.Target, r => onnx.AsSpan(r.Source, r.Length).ToArray());

        var inlined = OnnxWeightInliner.Inline("m", graph, tensors, t => sources[t.Offset]);

        Assert.Equal(ranges.Count, tensors.Count);
        Assert.Equal(onnx, inlined);
    }

    [Fact]
    public void Inline_TensorOfANode_IsRefused()
    {
        var tensors = new[] { new OnnxExternalTensor("value", "w.weights", 0, 4) };

        var error = Assert.Throws<InvalidModelException>(() => OnnxWeightInliner.Inline("m", Model(), tensors, _ => [1, 2, 3, 4]));

        Assert.Equal("Expected external data for weights of the main graph alone, but tensor 'value' of a node lies in another file (model 'm').", error.Message);
    }

    private static byte[] Model()
    {
        var graph = new OnnxGraphBuilder("g");
        var x = graph.AddInput("x", OnnxDataType.Float32, -1, 2048);
        var large = graph.AddConstant("large", Enumerable.Range(0, 2048).Select(i => (float)i).ToArray(), 2048);
        var other = graph.AddConstant("other", Enumerable.Range(0, 2048).Select(i => (long)i).ToArray(), 2048);
        var small = graph.AddConstant("small", [1.5f, 2.5f], 2);
        graph.AddOutput(graph.AddNode("Add", [x, large], output: "y"), OnnxDataType.Float32, -1, 2048);
        graph.AddOutput(graph.AddNode("Identity", [other], output: "z"), OnnxDataType.Int64, 2048);
        graph.AddOutput(graph.AddNode("Identity", [small], output: "s"), OnnxDataType.Float32, 2);
        graph.AddMetadata("who", "we");
        return graph.Build();
    }
}
