using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Mlp.Training.Distributed.Collectives.Interop;

/// <summary>16 bits in memory as 32 bits in registers.</summary>
internal static unsafe class HalfWords
{
    /// <summary>Reads 16 words.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<uint> Load(byte* address)
    {
        var words = Vector256.Load((ushort*)address);
        if (Avx512F.IsSupported)
        {
            return Avx512F.ConvertToVector512UInt32(words);
        }

        var (lower, upper) = Vector256.Widen(words);
        return Vector512.Create(lower, upper);
    }

    /// <summary>Reads 16 words, with their signs.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> LoadSigned(byte* address)
    {
        var words = Vector256.Load((short*)address);
        if (Avx512F.IsSupported)
        {
            return Avx512F.ConvertToVector512Int32(words);
        }

        var (lower, upper) = Vector256.Widen(words);
        return Vector512.Create(lower, upper);
    }

    /// <summary>Writes the lower halves of 16 words.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(byte* address, Vector512<uint> words)
        => (Avx512F.IsSupported ? Avx512F.ConvertToVector256UInt16(words) : Vector256.Narrow(words.GetLower(), words.GetUpper())).Store((ushort*)address);
}
