using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Mlp.Training.Distributed.Collectives.Interop;

/// <summary>
/// float16 in memory, float32 to reckon with; rounded to the nearest, ties to even. Source of the vector forms: F. Giesen, "half_to_float_fast" and "float_to_half_fast3_rtne" (public domain): the exponent is moved by a multiplication,
/// which also makes subnormal numbers normal, and subnormal results are rounded by an addition of a number whose last bit is theirs.
/// </summary>
internal readonly unsafe struct HalfElements : IElements<float>
{
    private const uint Infinity = 0x7F80_0000;
    private const uint LeastNormal = 113 << 23;
    private const uint SubnormalShift = (127 - 15 + (23 - 10) + 1) << 23;

    public static int Size => sizeof(ushort);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load(byte* address)
    {
        // With its sign in all upper bits, one mask leaves the sign, three zeros, exponent and fraction where a float has them.
        var bits = (HalfWords.LoadSigned(address) << 13) & Vector512.Create(unchecked((int)0x8FFF_E000));
        var scaled = bits.AsSingle() * Vector512.Create((254u - 15) << 23).AsSingle();
        var special = Vector512.GreaterThanOrEqual(Vector512.Abs(scaled), Vector512.Create(65536f));
        return Vector512.ConditionalSelect(special, (scaled.AsUInt32() | Vector512.Create(Infinity)).AsSingle(), scaled);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(byte* address, Vector512<float> values)
    {
        var all = values.AsUInt32();
        var bits = all & Vector512.Create(0x7FFF_FFFFu);
        var sign = (all ^ bits) >>> 16;
        var upper = bits >>> 13;
        var quiet = Vector512.Create(0x7E00u) | (upper & Vector512.Create(0x3FFu));
        var subnormal = (bits.AsSingle() + Vector512.Create(SubnormalShift).AsSingle()).AsUInt32() - Vector512.Create(SubnormalShift);

        // What is beyond the largest becomes the power of two after it, whose rounding is infinity.
        var normal = Vector512.Min(bits + Vector512.Create(unchecked((uint)((15 - 127) << 23)) + 0xFFFu) + (upper & Vector512<uint>.One), Vector512.Create(0x7C00u << 13)) >>> 13;
        var finite = Vector512.ConditionalSelect(Vector512.LessThan(bits, Vector512.Create(LeastNormal)), subnormal, normal);
        HalfWords.Store(address, sign | Vector512.ConditionalSelect(Vector512.GreaterThan(bits, Vector512.Create(Infinity)), quiet, finite));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreAgain(byte* address, byte* stored, Vector512<float> values) => Vector256.Load(stored).Store(address);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float LoadOne(byte* address) => (float)Unsafe.ReadUnaligned<Half>(address);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreOne(byte* address, float value) => Unsafe.WriteUnaligned(address, (Half)value);
}
