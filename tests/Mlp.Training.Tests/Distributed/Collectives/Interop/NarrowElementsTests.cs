using System.Runtime.InteropServices;
using Mlp.Training.Distributed.Collectives;
using Mlp.Training.Distributed.Collectives.Interop;

namespace Mlp.Training.Tests.Distributed.Collectives.Interop;

/// <summary>The vector conversions against the scalar ones, which the last values of an array take.</summary>
public sealed class NarrowElementsTests
{
    [Fact]
    public void Widening_EveryHalf_IsTheScalarConversion()
    {
        var halves = Enumerable.Range(0, 65_536).Select(b => BitConverter.UInt16BitsToHalf((ushort)b)).ToArray();

        Assert.True(ScalarReference.AreSame<float>(Array.ConvertAll(halves, h => (float)h), Widened(ElementType.Float16, halves)));
    }

    [Fact]
    public void Widening_EveryBFloat16_IsTheScalarConversion()
    {
        var numbers = Enumerable.Range(0, 65_536).Select(b => new BFloat16((ushort)b)).ToArray();

        Assert.True(ScalarReference.AreSame<float>(Array.ConvertAll(numbers, h => (float)h), Widened(ElementType.BFloat16, numbers)));
    }

    [Fact]
    public void Narrowing_FloatsOfAllExponentsAndHalfway_IsTheScalarConversion()
    {
        // All floats whose lower 12 bits are those that decide about rounding in either type.
        uint[] lows = [0, 1, 0x7FFF, 0x8000, 0x8001, 0xFFF, 0x1000, 0x1001, 0x2FFF, 0x3000, 0x3001, 0xF000];
        var floats = Enumerable.Range(0, 65_536).SelectMany(high => lows.Select(low => BitConverter.UInt32BitsToSingle(((uint)high << 16) | low))).ToArray();

        Assert.True(ScalarReference.AreSame<Half>(Array.ConvertAll(floats, f => (Half)f), Narrowed<Half>(ElementType.Float16, floats)));
        Assert.True(ScalarReference.AreSame<BFloat16>(Array.ConvertAll(floats, f => (BFloat16)f), Narrowed<BFloat16>(ElementType.BFloat16, floats)));
    }

    private static float[] Widened<T>(ElementType element, T[] values)
        where T : unmanaged
    {
        var wide = new float[values.Length];
        RankOrderReduction.Begin(element, MemoryMarshal.AsBytes(values.AsSpan()), MemoryMarshal.AsBytes(wide.AsSpan()));
        return wide;
    }

    private static T[] Narrowed<T>(ElementType element, float[] values)
        where T : unmanaged
    {
        var narrow = new T[values.Length];
        RankOrderReduction.End(element, ReduceOperation.Sum, 1, MemoryMarshal.AsBytes(values.AsSpan()), MemoryMarshal.AsBytes(narrow.AsSpan()));
        return narrow;
    }
}
