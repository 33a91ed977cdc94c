using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Mlp.Training.Distributed.Collectives.Interop;

/// <summary>bfloat16 in memory, float32 to reckon with; rounded to the nearest, ties to even.</summary>
internal readonly unsafe struct BFloat16Elements : IElements<float>
{
    public static int Size => sizeof(ushort);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load(byte* address) => (HalfWords.Load(address) << 16).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(byte* address, Vector512<float> values)
    {
        var bits = values.AsUInt32();
        var upper = bits >>> 16;
        var rounded = (bits + Vector512.Create(0x7FFFu) + (upper & Vector512<uint>.One)) >>> 16;
        var quiet = upper | Vector512.Create(0x40u);
        HalfWords.Store(address, Vector512.ConditionalSelect(Vector512.Equals(values, values).AsUInt32(), rounded, quiet));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreAgain(byte* address, byte* stored, Vector512<float> values) => Vector256.Load(stored).Store(address);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float LoadOne(byte* address) => (float)Unsafe.ReadUnaligned<BFloat16>(address);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreOne(byte* address, float value) => Unsafe.WriteUnaligned(address, (BFloat16)value);
}
