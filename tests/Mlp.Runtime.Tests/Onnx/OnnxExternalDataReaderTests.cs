using Mlp.Runtime.Models;
using Mlp.Runtime.Onnx;
using Mlp.TestSupport;
using static Mlp.TestSupport.OnnxBytes;

namespace Mlp.Runtime.Tests.Onnx;

public sealed class OnnxExternalDataReaderTests
{
    private static readonly byte[] Tensor = ExternalOnnx.Tensor("W", "w.bin", 8, 16, 2, 2);

    public static TheoryData<string, byte[]> Places { get; } = new()
    {
        { "initializer", Model(Graph(Bytes(5, Tensor))) },
        { "sparse initializer, values", Model(Graph(Bytes(15, Bytes(1, Tensor)))) },
        { "sparse initializer, indices", Model(Graph(Bytes(15, Bytes(2, Tensor)))) },
        { "attribute", Model(Graph(Bytes(1, Bytes(5, Bytes(5, Tensor))))) },
        { "list attribute", Model(Graph(Bytes(1, Bytes(5, Bytes(10, Tensor))))) },
        { "sparse attribute", Model(Graph(Bytes(1, Bytes(5, Bytes(22, Bytes(1, Tensor)))))) },
        { "list of sparse attributes", Model(Graph(Bytes(1, Bytes(5, Bytes(23, Bytes(2, Tensor)))))) },
        { "subgraph", Model(Graph(Bytes(1, Bytes(5, Bytes(6, Graph(Bytes(5, Tensor))))))) },
        { "list of subgraphs, twice", Model(Graph(Bytes(1, Bytes(5, Bytes(11, Graph(Bytes(1, Bytes(5, Bytes(6, Graph(Bytes(5, Tensor))))))))))) },
        { "function", Message(Model(Graph()), Bytes(25, Bytes(7, Bytes(5, Bytes(5, Tensor))))) },
        { "default of a function's attribute", Message(Model(Graph()), Bytes(25, Bytes(11, Bytes(5, Tensor)))) },
        { "training", Message(Model(Graph()), Bytes(20, Bytes(2, Graph(Bytes(5, Tensor))))) },
    };

    [Theory]
    [MemberData(nameof(Places))]
    public void Read_TensorAnywhere_IsFound(string place, byte[] onnx)
    {
        var found = Assert.Single(OnnxExternalDataReader.Read(place, onnx));

        Assert.Equal(new OnnxExternalTensor("W", "w.bin", 8, 16), found);
    }

    [Fact]
    public void Read_WithoutOffsetAndLength_TakesThemFromTheShape()
    {
        var found = Assert.Single(OnnxExternalDataReader.Read("m", Model(Graph(ExternalOnnx.Initializer("W", "w.bin", null, null, 3, 5)))));

        Assert.Equal((0L, 60L), (found.Offset, found.Length!.Value));
    }

    [Fact]
    public void Read_LocationAsAWideNumber_CountsAsThirtyTwoBits()
    {
        var tensor = Message(Text(8, "W"), Bytes(13, Message(Text(1, "location"), Text(2, "w"))), Integer(14, (1L << 32) + 1));

        Assert.Single(OnnxExternalDataReader.Read("m", Model(Graph(Bytes(5, tensor)))));
    }

    [Theory]
    [InlineData("offset", "-1")]
    [InlineData("offset", "99999999999999999999")]
    [InlineData("length", "ten")]
    [InlineData("location", "other.bin")]
    public void Read_EntryThatOnnxForbids_SaysWhich(string key, string value)
    {
        var tensor = Message(Bytes(13, Message(Text(1, "location"), Text(2, "w"))), Bytes(13, Message(Text(1, key), Text(2, value))), Integer(14, 1));

        var error = Assert.Throws<InvalidModelException>(() => OnnxExternalDataReader.Read("tips", Model(Graph(Bytes(5, tensor)))));

        Assert.Contains(key, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_WithoutLocation_IsRefused()
        => Assert.Contains(
            "expected the location",
            Assert.Throws<InvalidModelException>(() => OnnxExternalDataReader.Read("m", Model(Graph(Bytes(5, Message(Integer(14, 1))))))).Message,
            StringComparison.Ordinal);

    [Fact]
    public void Read_GraphsNestedBeyondReason_IsRefusedAndNoStackOverflow()
    {
        var graph = Graph();
        for (var i = 0; i < 2000; i++)
        {
            graph = Bytes(1, Bytes(5, Bytes(6, graph)));
        }

        Assert.Contains(
            "nested", Assert.Throws<InvalidModelException>(() => OnnxExternalDataReader.Read("m", Message(Bytes(7, graph)))).Message, StringComparison.Ordinal);
    }
}
