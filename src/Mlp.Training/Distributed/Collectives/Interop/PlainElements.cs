using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Mlp.Training.Distributed.Collectives.Interop;

/// <summary>Values that are reckoned with as they lie in memory.</summary>
internal readonly unsafe struct PlainElements<T> : IElements<T>
    where T : unmanaged
{
    public static int Size => sizeof(T);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> Load(byte* address) => Vector512.Load((T*)address);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(byte* address, Vector512<T> values) => values.Store((T*)address);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreAgain(byte* address, byte* stored, Vector512<T> values) => values.Store((T*)address);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T LoadOne(byte* address) => Unsafe.ReadUnaligned<T>(address);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreOne(byte* address, T value) => Unsafe.WriteUnaligned(address, value);
}
