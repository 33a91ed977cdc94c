using Microsoft.ML.OnnxRuntime;
using Mlp.Runtime.Models;
using Mlp.Runtime.Onnx;
using Mlp.Runtime.Tests.Inference;
using Mlp.TestSupport;
using static Mlp.TestSupport.OnnxBytes;

namespace Mlp.Runtime.Tests.Onnx;

public sealed class OnnxModelEditorTests
{
    [Fact]
    public void ToArray_NothingChanged_IsTheSameFile()
    {
        var onnx = TestGraphs.AllTypes();

        Assert.Equal(onnx, OnnxModelEditor.Open("m", onnx).ToArray());
    }

    [Fact]
    public void ToArray_ValueRenamed_KeepsUnknownFieldsByteForByte()
    {
        var unknown = Bytes(4_000, [1, 2, 3]);
        var onnx = Model([.. Graph(Node("Identity", ["x"], ["z"]), Node("Identity", ["z"], ["y"]), Input("x", Float, "N"), Output("y", Float, "N")), .. unknown]);

        var editor = OnnxModelEditor.Open("m", onnx);
        editor.Graph.RenameValue("z", "zz");
        var changed = editor.ToArray();

        Assert.Equal(onnx.Length + 2, changed.Length);
        Assert.True(changed.AsSpan().IndexOf(unknown) > 0);
        Assert.Equal(5f, Run(changed, 5f));
    }

    [Fact]
    public void Open_Nodes_ShowsOperatorsAttributesAndWeights()
    {
        var graph = new OnnxGraphBuilder("linear");
        var x = graph.AddInput("x", OnnxDataType.Float32, OnnxGraphBuilder.Batch, 2);
        var w = graph.AddConstant("w", [1f, 2f], 1, 2);
        graph.AddOutput(graph.AddNode("Gemm", [x, w], [OnnxAttribute.Int("transB", 1), OnnxAttribute.Float("alpha", 2.5f)], output: "y"), OnnxDataType.Float32, OnnxGraphBuilder.Batch, 1);

        var editor = OnnxModelEditor.Open("m", graph.Build());

        var node = Assert.Single(editor.Graph.Nodes);
        Assert.Equal(("Gemm", "", 1L, 2.5f), (node.OperatorType, node.Domain, node.Attribute("transB")!.Int, node.Attribute("alpha")!.Float));
        Assert.Null(node.Attribute("beta"));
        Assert.Equal(["x", "w"], node.Inputs);
        var weight = Assert.Single(editor.Graph.Initializers);
        Assert.Equal(("w", OnnxDataType.Float32, false), (weight.Name, weight.DataType, weight.IsExternal));
        Assert.Equal([1, 2], weight.Dimensions);
        Assert.Equal([1f, 2f], weight.ReadFloats());
        Assert.Equal(17, editor.OperatorSet(""));
        Assert.Equal("x", Assert.Single(editor.Graph.Inputs).Name);
        Assert.Same(node, editor.Graph.Producer("y"));
        Assert.Equal([node], editor.Graph.Consumers("w"));
    }

    [Fact]
    public void SetMetadata_KeyIsKnownOrNew_ReplacesOrAdds()
    {
        var editor = OnnxModelEditor.Open("m", Model(Graph(Node("Identity", ["x"], ["y"]), Input("x", Float, "N"), Output("y", Float, "N")), ("a", "1"), ("b", "2"), ("a", "3")));

        editor.SetMetadata("a", "4");
        editor.SetMetadata("c", "5");

        var metadata = OnnxModelReader.Read("m", editor.ToArray()).Metadata;
        Assert.Equal([("a", "4"), ("b", "2"), ("c", "5")], metadata.OrderBy(m => m.Key).Select(m => (m.Key, m.Value)));
        Assert.Equal(5f, Run(editor.ToArray(), 5f));
    }

    [Fact]
    public void RemoveInitializer_NobodyReadsIt_IsGone()
    {
        var editor = OnnxModelEditor.Open(
            "m", Model(Graph(Node("Identity", ["x"], ["y"]), FloatInitializer("w", 1, 2), FloatInitializer("v", 1, 2), Input("x", Float, "N"), Output("y", Float, "N"))));

        editor.Graph.RemoveInitializer("w");
        editor.Graph.RemoveInitializer("absent");

        Assert.Equal("v", Assert.Single(OnnxModelEditor.Open("m", editor.ToArray()).Graph.Initializers).Name);
    }

    [Fact]
    public void Rename_Node_HasTheNameInTheFile()
    {
        var editor = OnnxModelEditor.Open("m", Model(Graph(Node("Identity", ["x"], ["y"]), Input("x", Float, "N"), Output("y", Float, "N"))));

        editor.Graph.Nodes[0].Rename("copy");

        Assert.Equal("copy", OnnxModelEditor.Open("m", editor.ToArray()).Graph.Nodes[0].Name);
        Assert.Equal(5f, Run(editor.ToArray(), 5f));
    }

    [Fact]
    public void AddFirstNode_InputReplaced_RunsTheNewGraph()
    {
        var editor = OnnxModelEditor.Open("m", TestGraphs.Logistic(1, -1));
        var graph = editor.Graph;
        var inner = graph.UniqueName("x");
        graph.RenameValue("x", inner);
        graph.RemoveInput(inner);
        graph.AddInput(OnnxMessages.ValueInfo("x", OnnxDataType.Float32, [2, -1]));
        graph.AddFirstNode(OnnxMessages.Node("Transpose", ["x"], [inner], [OnnxAttribute.Ints("perm", [1, 0])]));

        using var session = new InferenceSession(editor.ToArray());
        using var input = OrtValue.CreateTensorValueFromMemory(new float[] { 1, 2, 3, 1, 2, 4 }, [2, 3]);
        using var options = new RunOptions();
        using var outputs = session.Run(options, ["x"], [input], ["p"]);

        var p = outputs[0].GetTensorDataAsSpan<float>();
        Assert.Equal(0.5f, p[0]);
        Assert.Equal(0.5f, p[1]);
        Assert.Equal(1 / (1 + MathF.Exp(1)), p[2], 6);
    }

    [Fact]
    public void RenameValue_ReadInSubgraph_IsFollowed()
    {
        var onnx = Conditional();
        var editor = OnnxModelEditor.Open("m", onnx);
        var branch = editor.Graph.Nodes.Single(n => n.OperatorType == "If");
        Assert.Equal(2, branch.Subgraphs.Count);
        Assert.Contains(branch, editor.Graph.Consumers("doubled"));

        editor.Graph.RenameValue("doubled", "twice");
        var changed = editor.ToArray();

        Assert.Equal(6f, Run(onnx, 3f));
        Assert.Equal(6f, Run(changed, 3f));
        Assert.Equal(3f, Run(changed, -3f));
        Assert.Equal(-1, changed.AsSpan().IndexOf("doubled"u8));
    }

    [Fact]
    public void Open_CutShort_SaysWhere()
    {
        var onnx = TestGraphs.Logistic(1, 2);

        var error = Assert.Throws<InvalidModelException>(() => OnnxModelEditor.Open("m", onnx.AsMemory(0, onnx.Length - 5)));

        Assert.Contains("Expected an ONNX file, but the bytes cannot be read from offset", error.Message, StringComparison.Ordinal);
        Assert.Contains("(model 'm')", error.Message, StringComparison.Ordinal);
    }

    [ReferenceDataFact("golden/onnx")]
    public void RenameValue_EveryInnerValueOfGoldenModels_GivesTheSameAnswers()
    {
        var renamed = 0;
        foreach (var path in Directory.EnumerateFiles(ReferenceData.Find("golden/onnx")!, "model.onnx", SearchOption.AllDirectories))
        {
            var onnx = File.ReadAllBytes(path);
            var editor = OnnxModelEditor.Open("m", onnx);
            Assert.Equal(onnx, editor.ToArray());
            var outputs = editor.Graph.Outputs.Select(o => o.Name).ToHashSet();
            var inner = editor.Graph.Nodes.SelectMany(n => n.Outputs).Concat(editor.Graph.Initializers.Select(i => i.Name)).Where(o => !outputs.Contains(o)).ToList();
            renamed += inner.Count;
            foreach (var value in inner)
            {
                editor.Graph.RenameValue(value, editor.Graph.UniqueName("renamed"));
            }

            var changed = editor.ToArray();
            Assert.Equal(inner.Count > 0, !onnx.AsSpan().SequenceEqual(changed));
            Assert.Equal(OnnxModelReader.Read("m", onnx).Signature.Inputs, OnnxModelReader.Read("m", changed).Signature.Inputs);
            Assert.Equal(FirstOutput(onnx), FirstOutput(changed));
        }

        Assert.True(renamed > 20);
    }

    /// <summary><c>y = x &gt; 0 ? 2x : -x</c>, where the branches read values of the outer graph.</summary>
    private static byte[] Conditional() => Model(Graph(
        Node("Add", ["x", "x"], ["doubled"]),
        Node("Greater", ["x", "zero"], ["positive"]),
        Bytes(1, Message(
            Text(1, "positive"),
            Text(2, "y"),
            Text(4, "If"),
            Branch("then_branch", Graph(Node("Identity", ["doubled"], ["a"]), Output("a", Float, 1))),
            Branch("else_branch", Graph(Node("Neg", ["x"], ["b"]), Output("b", Float, 1))))),
        FloatInitializer("zero", 0, 1),
        Input("x", Float, 1),
        Output("y", Float, 1)));

    private static byte[] Branch(string name, byte[] graph) => Bytes(5, Message(Text(1, name), Bytes(6, graph), Integer(20, 5)));

    private static float Run(byte[] onnx, float x)
    {
        using var session = new InferenceSession(onnx);
        using var input = OrtValue.CreateTensorValueFromMemory(new[] { x }, [1]);
        using var options = new RunOptions();
        using var outputs = session.Run(options, ["x"], [input], ["y"]);
        return outputs[0].GetTensorDataAsSpan<float>()[0];
    }

    /// <summary>The bytes of the first output for two rows of small numbers and empty texts.</summary>
    private static string FirstOutput(byte[] onnx)
    {
        using var session = new InferenceSession(onnx);
        using var options = new RunOptions();
        var inputs = session.InputMetadata.ToDictionary(i => i.Key, i => Value(i.Value));
        using var outputs = session.Run(options, inputs, session.OutputNames);
        foreach (var input in inputs.Values)
        {
            input.Dispose();
        }

        var first = outputs[0];
        return first.GetTensorTypeAndShape().IsString
            ? string.Join('|', first.GetStringTensorAsArray())
            : Convert.ToHexString(first.GetTensorMutableRawData());
    }

    private static OrtValue Value(NodeMetadata metadata)
    {
        long[] shape = [2, .. metadata.Dimensions.Skip(1).Select(d => (long)Math.Max(1, d))];
        var count = (int)shape.Aggregate(1L, (p, d) => p * d);
        return metadata.ElementType == typeof(string) ? OrtValue.CreateTensorWithEmptyStrings(OrtAllocator.DefaultInstance, shape)
            : metadata.ElementType == typeof(double) ? OrtValue.CreateTensorValueFromMemory(Enumerable.Range(0, count).Select(i => i * 0.01).ToArray(), shape)
            : OrtValue.CreateTensorValueFromMemory(Enumerable.Range(0, count).Select(i => i * 0.01f).ToArray(), shape);
    }
}
