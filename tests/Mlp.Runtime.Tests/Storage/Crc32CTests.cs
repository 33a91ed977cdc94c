using FsCheck.Xunit;
using Mlp.Runtime.Storage;

namespace Mlp.Runtime.Tests.Storage;

public sealed class Crc32CTests
{
    /// <summary>RFC 3720, appendix B.4, and the check value of the CRC catalogue for "123456789".</summary>
    public static TheoryData<byte[], uint> Published => new()
    {
        { [], 0x00000000 },
        { "123456789"u8.ToArray(), 0xE3069283 },
        { new byte[32], 0x8A9136AA },
        { Enumerable.Repeat((byte)0xFF, 32).ToArray(), 0x62A8AB43 },
        { Enumerable.Range(0, 32).Select(i => (byte)i).ToArray(), 0x46DD794E },
        { Enumerable.Range(0, 32).Select(i => (byte)(31 - i)).ToArray(), 0x113FDB5C },
    };

    [Theory]
    [MemberData(nameof(Published))]
    public void Compute_PublishedVectors_AgreesWithThem(byte[] bytes, uint expected)
    {
        Assert.Equal(expected, Crc32C.Compute(bytes));
        Assert.Equal(expected, Crc32C.AppendScalar(0, bytes));
    }

    [Property]
    public bool Append_AnySplit_AgreesWithTheScalarTwin(byte[] first, byte[] second)
    {
        byte[] whole = [.. first, .. second];
        return Crc32C.Append(Crc32C.Compute(first), second) == Crc32C.AppendScalar(0, whole)
            && Crc32C.AppendScalar(Crc32C.AppendScalar(0, first), second) == Crc32C.Compute(whole);
    }

    [Fact]
    public void Compute_EveryLengthAndAlignment_AgreesWithTheScalarTwin()
    {
        var bytes = new byte[300];
        new Random(1).NextBytes(bytes);
        for (var start = 0; start < 9; start++)
        {
            for (var length = 0; length < 280; length++)
            {
                var part = bytes.AsSpan(start, length);
                Assert.Equal(Crc32C.AppendScalar(0, part), Crc32C.Compute(part));
            }
        }
    }
}
