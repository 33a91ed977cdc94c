using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Mlp.Runtime.Data;

namespace Mlp.Runtime.Tests.Data;

public sealed class EntityKeyEncodingTests
{
    /// <summary>The bytes stand in files: this table never changes.</summary>
    [Fact]
    public void Encode_EachKind_GivesTheBytesOfTheFormat()
    {
        Assert.Equal("0100", Hex(EntityValue.Null));
        Assert.Equal("01010000000000000008", Hex(8L));
        Assert.Equal("0101FFFFFFFFFFFFFFFF", Hex(-1L));
        Assert.Equal("010200000000", Hex(string.Empty));
        Assert.Equal("010200000003C3A961", Hex("éa"));
        Assert.Equal("010300112233445566778899AABBCCDDEEFF", Hex(Guid.Parse("00112233-4455-6677-8899-aabbccddeeff")));
        Assert.Equal("020200000001610100000000000000FF", Hex("a", 255L));
    }

    [Property]
    public Property Decode_AnyKey_ReturnsIt()
        => Prop.ForAll(Keys(), key => Decode(key).SequenceEqual(key));

    [Property]
    public Property Encode_TwoKeys_AreEqualExactlyIfTheirBytesAre()
        => Prop.ForAll(Keys(), Keys(), (a, b) => a.SequenceEqual(b) == Encoded(a).AsSpan().SequenceEqual(Encoded(b)));

    [Theory]
    [InlineData("")]
    [InlineData("01")]
    [InlineData("0109")]
    [InlineData("010100000000")]
    [InlineData("0102000000FF41")]
    [InlineData("0102FFFFFFFF")]
    [InlineData("010000")]
    [InlineData("010200000001FF")]
    public void Decode_BytesThatAreNoKey_SaysSo(string hex)
        => Assert.Throws<FormatException>(() => EntityKeyEncoding.Decode(Convert.FromHexString(hex)));

    [Fact]
    public void Encode_SurrogateWithoutItsPair_IsRefusedWithoutTheText()
    {
        foreach (var text in new[] { "a\uD800", "a\uDC00b" })
        {
            var error = Assert.Throws<ArgumentException>(() => Encoded([1, text]));

            Assert.Equal("Expected the texts of an entity key to be valid Unicode, but found a surrogate without its pair at position 1.", error.Message);
        }

        Assert.Equal("01020000000561F09F9880", Hex("a\uD83D\uDE00"));
    }

    private static Arbitrary<EntityValue[]> Keys()
    {
        var part = Gen.OneOf(
            Gen.Constant(EntityValue.Null),
            ArbMap.Default.GeneratorFor<long>().Select(EntityValue.FromInt64),
            Gen.Elements("", "a", "ab", "é", "a\0b", "Flash Cab").Select(EntityValue.FromString),
            ArbMap.Default.GeneratorFor<Guid>().Select(EntityValue.FromGuid));
        return Gen.Choose(0, 3).SelectMany(n => part.ArrayOf(n)).ToArbitrary();
    }

    private static string Hex(params EntityValue[] key) => Convert.ToHexString(Encoded(key));

    private static byte[] Encoded(EntityValue[] key)
    {
        var buffer = new byte[EntityKeyEncoding.GetMaximumLength(key)];
        return buffer[..EntityKeyEncoding.Encode(key, buffer)];
    }

    private static EntityValue[] Decode(EntityValue[] key) => EntityKeyEncoding.Decode(Encoded(key));

    [Fact]
    public void TryMeasure_KeyAndWhatFollows_FindsItsEndAndNoneInItsParts()
    {
        EntityValue[][] keys = [[], [1], [default], ["grüße", Guid.NewGuid(), -5, default], [new string('x', 300)]];
        foreach (var key in keys)
        {
            var bytes = new byte[EntityKeyEncoding.GetMaximumLength(key) + 64];
            bytes.AsSpan().Fill(0xEE);
            var length = EntityKeyEncoding.Encode(key, bytes);

            Assert.True(EntityKeyEncoding.TryMeasure(bytes, out var measured));
            Assert.Equal(length, measured);
            Assert.True(EntityKeyEncoding.TryMeasure(bytes.AsSpan(0, length), out measured));
            Assert.Equal(length, measured);
            for (var cut = 0; cut < length; cut++)
            {
                Assert.False(EntityKeyEncoding.TryMeasure(bytes.AsSpan(0, cut), out _));
            }
        }

        Assert.False(EntityKeyEncoding.TryMeasure([1, 9, 0, 0], out _));
    }
}
