using FsCheck;
using FsCheck.Xunit;
using Microsoft.ML.OnnxRuntime;
using Mlp.Runtime.Models;
using Mlp.Runtime.Onnx;
using Mlp.TestSupport;

namespace Mlp.Runtime.Tests.Onnx;

public sealed class OnnxModelReaderTests
{
    [Fact]
    public void Read_LinearModel_YieldsSignatureWithoutInitializers()
    {
        // Before IR version 4 the weights stand among the inputs too.
        var graph = OnnxBytes.Graph(
            OnnxBytes.Node("MatMul", ["x", "W"], ["score"]),
            OnnxBytes.Input("x", OnnxBytes.Float, "N", 3),
            OnnxBytes.Input("W", OnnxBytes.Float, 3, 2),
            OnnxBytes.FloatInitializer("W", 1, 3, 2),
            OnnxBytes.Output("score", OnnxBytes.Double, null, 2));

        var found = OnnxModelReader.Read("m", OnnxBytes.Model(graph, ("source", "tests"), ("source", "later")));

        Assert.Equal([new TensorSpecification("x", TensorElementKind.Float32, [-1, 3])], found.Signature.Inputs);
        Assert.Equal([new TensorSpecification("score", TensorElementKind.Float64, [-1, 2])], found.Signature.Outputs);
        Assert.Equal(17, found.OperatorSets[string.Empty]);
        Assert.Equal((8, "mlp-tests", "1.0"), (found.IrVersion, found.ProducerName, found.ProducerVersion));
        Assert.Equal("later", found.Metadata["source"]);
    }

    [Fact]
    public void Read_SequenceOfMaps_IsASequenceWithoutDimensions()
    {
        var map = OnnxBytes.Bytes(5, OnnxBytes.Message(OnnxBytes.Integer(1, OnnxBytes.Int64), OnnxBytes.Bytes(2, OnnxBytes.TensorType(OnnxBytes.Float))));
        var sequence = OnnxBytes.Bytes(4, OnnxBytes.Message(OnnxBytes.Bytes(1, map)));
        var graph = OnnxBytes.Graph(OnnxBytes.Bytes(12, OnnxBytes.Value("probabilities", sequence)));

        var found = OnnxModelReader.Read("m", OnnxBytes.Model(graph));

        Assert.Equal([new TensorSpecification("probabilities", TensorElementKind.Sequence, [])], found.Signature.Outputs);
    }

    [Theory]
    [InlineData(1, TensorElementKind.Float32)]
    [InlineData(2, TensorElementKind.UInt8)]
    [InlineData(6, TensorElementKind.Int32)]
    [InlineData(7, TensorElementKind.Int64)]
    [InlineData(8, TensorElementKind.String)]
    [InlineData(9, TensorElementKind.Boolean)]
    [InlineData(10, TensorElementKind.Float16)]
    [InlineData(11, TensorElementKind.Float64)]
    [InlineData(3, TensorElementKind.Int8)]
    [InlineData(4, TensorElementKind.UInt16)]
    [InlineData(5, TensorElementKind.Int16)]
    [InlineData(12, TensorElementKind.UInt32)]
    [InlineData(13, TensorElementKind.UInt64)]
    [InlineData(14, TensorElementKind.Complex64)]
    [InlineData(15, TensorElementKind.Complex128)]
    [InlineData(16, TensorElementKind.BFloat16)]
    [InlineData(17, TensorElementKind.Float8E4M3FN)]
    [InlineData(18, TensorElementKind.Float8E4M3FNUZ)]
    [InlineData(19, TensorElementKind.Float8E5M2)]
    [InlineData(20, TensorElementKind.Float8E5M2FNUZ)]
    [InlineData(21, TensorElementKind.UInt4)]
    [InlineData(22, TensorElementKind.Int4)]
    [InlineData(23, TensorElementKind.Float4E2M1)]
    [InlineData(24, TensorElementKind.Float8E8M0)]
    [InlineData(99, TensorElementKind.Other)]
    public void Read_ElementType_IsMapped(int elementType, TensorElementKind expected)
    {
        var graph = OnnxBytes.Graph(OnnxBytes.Input("x", elementType, "N"));

        Assert.Equal(expected, Assert.Single(OnnxModelReader.Read("m", OnnxBytes.Model(graph)).Signature.Inputs).ElementType);
    }

    [Fact]
    public void Read_EmptyFile_SaysThatThereIsNoGraph()
    {
        var error = Assert.Throws<InvalidModelException>(() => OnnxModelReader.Read("tips", []));

        Assert.Equal("Expected an ONNX file, but found no graph in its 0 bytes (model 'tips'). The file may be cut short.", error.Message);
        Assert.Equal("tips", error.Model);
    }

    [Theory]
    [InlineData("tree\nversion=v4\nnum_class=1\n")]
    [InlineData("x,y\n1,2\n")]
    [InlineData("{\"learner\": {}}")]
    [InlineData("::::")]
    [InlineData("\u0080\u0004\u0095")]
    public void Read_AnotherKindOfFile_SaysSoAndNamesIt(string text)
    {
        var bytes = System.Text.Encoding.Latin1.GetBytes(text);

        Assert.Equal(
            "Expected an ONNX file, but '/models/m.txt' is none; export the model to ONNX with the tool that it was trained with (model 'tips').",
            Assert.Throws<InvalidModelException>(() => OnnxModelReader.Read("tips", bytes, "/models/m.txt")).Message);
        Assert.Equal(
            "Expected an ONNX file, but the bytes are none; export the model to ONNX with the tool that it was trained with (model 'tips').",
            Assert.Throws<InvalidModelException>(() => OnnxModelReader.Read("tips", bytes)).Message);
    }

    [Fact]
    public void Read_CutWithinTheGraph_NamesModelAndOffset()
    {
        var whole = OnnxBytes.Linear();

        var error = Assert.Throws<InvalidModelException>(() => OnnxModelReader.Read("tips", whole.AsSpan(0, 60)));

        Assert.StartsWith("Expected an ONNX file, but the bytes cannot be read from offset ", error.Message, StringComparison.Ordinal);
        Assert.Contains("of 60: expected ", error.Message, StringComparison.Ordinal);
        Assert.EndsWith("(model 'tips'). The file may be cut short.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_EveryCutOfAFile_IsRefusedWithASentence()
    {
        var whole = OnnxBytes.Linear();

        for (var length = 0; length < whole.Length; length++)
        {
            var error = Assert.Throws<InvalidModelException>(() => OnnxModelReader.Read("tips", whole.AsSpan(0, length)));
            Assert.Contains("(model 'tips')", error.Message, StringComparison.Ordinal);
        }
    }

    [Property(MaxTest = 500)]
    public void Read_DamagedBytes_ReadsOrRefusesAndNothingElse(PositiveInt position, byte value)
    {
        var bytes = OnnxBytes.Linear();
        bytes[position.Get % bytes.Length] = value;

        ReadOrRefuse(bytes);
    }

    [Property(MaxTest = 500)]
    public void Read_ArbitraryBytes_ReadsOrRefusesAndNothingElse(byte[] bytes) => ReadOrRefuse(bytes);

    [ReferenceDataFact("golden/onnx")]
    public void Read_FilesOfOtherTools_AgreesWithOnnxRuntime()
    {
        foreach (var folder in Directory.GetDirectories(ReferenceData.Find("golden/onnx")!))
        {
            var bytes = File.ReadAllBytes(Path.Combine(folder, "model.onnx"));
            var found = OnnxModelReader.Read("m", bytes);
            using var session = new InferenceSession(bytes);

            Assert.Equal(session.InputNames, found.Signature.Inputs.Select(i => i.Name));
            Assert.Equal(session.OutputNames, found.Signature.Outputs.Select(o => o.Name));
            AssertAgrees(session.InputMetadata, found.Signature.Inputs);
            AssertAgrees(session.OutputMetadata, found.Signature.Outputs);
            Assert.Equal(session.ModelMetadata.ProducerName, found.ProducerName);
        }
    }

    private static void AssertAgrees(IReadOnlyDictionary<string, NodeMetadata> expected, IReadOnlyList<TensorSpecification> found)
    {
        foreach (var tensor in found)
        {
            var declared = expected[tensor.Name];
            if (declared.OnnxValueType != OnnxValueType.ONNX_TYPE_TENSOR)
            {
                Assert.Equal(
                    declared.OnnxValueType == OnnxValueType.ONNX_TYPE_SEQUENCE ? TensorElementKind.Sequence : TensorElementKind.Map, tensor.ElementType);
                continue;
            }

            Assert.Equal(declared.Dimensions.Select(d => (long)d), tensor.Dimensions);
            Assert.Equal(declared.ElementType, tensor.ElementType switch
            {
                TensorElementKind.Float32 => typeof(float),
                TensorElementKind.Float64 => typeof(double),
                TensorElementKind.Int64 => typeof(long),
                TensorElementKind.String => typeof(string),
                var other => throw new InvalidOperationException($"The files hold no {other}."),
            });
        }
    }

    private static void ReadOrRefuse(byte[] bytes)
    {
        try
        {
            OnnxModelReader.Read("m", bytes);
        }
        catch (InvalidModelException)
        {
            // The only way to refuse.
        }
    }
}
