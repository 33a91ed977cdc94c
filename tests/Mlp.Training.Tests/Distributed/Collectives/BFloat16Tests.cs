using Mlp.Training.Distributed.Collectives;

namespace Mlp.Training.Tests.Distributed.Collectives;

public sealed class BFloat16Tests
{
    // Expected bits: the upper half of the float, where the lower half is rounded to the nearest, ties to even.
    [Theory]
    [InlineData(0x3F800000u, 0x3F80)]
    [InlineData(0x3F808000u, 0x3F80)]
    [InlineData(0x3F818000u, 0x3F82)]
    [InlineData(0x3F808001u, 0x3F81)]
    [InlineData(0x3F807FFFu, 0x3F80)]
    [InlineData(0x7F7FFFFFu, 0x7F80)]
    [InlineData(0x80000001u, 0x8000)]
    [InlineData(0xFF800000u, 0xFF80)]
    public void Conversion_OfAFloat_RoundsToTheNearestTiesToEven(uint bits, int expected)
        => Assert.Equal(expected, ((BFloat16)BitConverter.UInt32BitsToSingle(bits)).Bits);

    [Theory]
    [InlineData(0x7F800001u)]
    [InlineData(0xFFFFFFFFu)]
    [InlineData(0x7FC00000u)]
    public void Conversion_OfNaN_IsNaN(uint bits) => Assert.True(float.IsNaN((float)(BFloat16)BitConverter.UInt32BitsToSingle(bits)));

    [Fact]
    public void Conversion_ToFloatAndBack_KeepsEveryNumber()
    {
        for (var bits = 0; bits <= ushort.MaxValue; bits++)
        {
            var number = new BFloat16((ushort)bits);
            Assert.True(float.IsNaN((float)number) || ((BFloat16)(float)number).Bits == bits, $"0x{bits:X4}");
        }
    }

    [Fact]
    public void Comparison_OfNumbers_IsThatOfFloats()
    {
        BFloat16 one = (BFloat16)1f, two = (BFloat16)2f, none = (BFloat16)float.NaN, other = (BFloat16)float.NaN;

        Assert.True(one < two && two > one && one <= two && one != two && one == BFloat16.FromSingle(1));
        Assert.True(one.CompareTo(two) < 0 && one.Equals((object)(BFloat16)1f) && one.GetHashCode() == ((BFloat16)1f).GetHashCode());
        Assert.False(none == other);
        Assert.True(none.Equals(other));
        Assert.Equal("1.5", ((BFloat16)1.5f).ToString());
        Assert.Equal(2f, two.ToSingle());
    }
}
