using Mlp.Runtime.Onnx;

namespace Mlp.Runtime.Tests.Onnx;

/// <summary>Expected bytes are those of the examples in protobuf.dev, "Encoding", or worked out by its rules.</summary>
public sealed class ProtobufWriterTests
{
    [Theory]
    [InlineData(1, 150L, "089601")]
    [InlineData(1, 0L, "0800")]
    [InlineData(16, 1L, "800101")]
    [InlineData(1, -1L, "08ffffffffffffffffff01")]
    [InlineData(1, long.MaxValue, "08ffffffffffffffff7f")]
    public void Int64_Value_WritesAVarint(int field, long value, string expected)
    {
        var writer = new ProtobufWriter();

        writer.Int64(field, value);

        Assert.Equal(expected, Convert.ToHexStringLower(writer.Written));
    }

    [Fact]
    public void Text_Testing_MatchesTheReferenceExample()
    {
        var writer = new ProtobufWriter();

        writer.Text(2, "testing");

        Assert.Equal("120774657374696e67", Convert.ToHexStringLower(writer.Written));
    }

    [Fact]
    public void Message_Nested_MatchesTheReferenceExample()
    {
        var inner = new ProtobufWriter();
        inner.Int64(1, 150);
        var outer = new ProtobufWriter();

        outer.Message(3, inner);

        Assert.Equal("1a03089601", Convert.ToHexStringLower(outer.Written));
    }

    [Fact]
    public void PackedInt64_ThreeValues_MatchesTheReferenceExample()
    {
        var writer = new ProtobufWriter();

        writer.PackedInt64(6, [3, 270, 86942]);

        Assert.Equal("3206038e029ea705", Convert.ToHexStringLower(writer.Written));
    }

    [Fact]
    public void Float_One_IsFourLittleEndianBytes()
    {
        var writer = new ProtobufWriter();

        writer.Float(1, 1f);
        writer.PackedFloat(2, [1f, -2f]);

        Assert.Equal("0d0000803f12080000803f000000c0", Convert.ToHexStringLower(writer.Written));
    }

    [Fact]
    public void Bytes_MoreThanTheFirstBuffer_Grow()
    {
        var writer = new ProtobufWriter();

        writer.Bytes(1, new byte[100_000]);

        Assert.Equal(100_000 + 1 + 3, writer.Written.Length);
    }
}
