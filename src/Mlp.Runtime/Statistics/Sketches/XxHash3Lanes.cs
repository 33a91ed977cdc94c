using System.Buffers.Binary;
using System.IO.Hashing;
using System.Numerics;
using System.Runtime.Intrinsics;

namespace Mlp.Runtime.Statistics.Sketches;

/// <summary>XXH3 (64 bits, seed 0) of values of eight bytes, eight of them at once: the same hashes as <see cref="XxHash3"/> gives for their little-endian bytes.</summary>
/// <remarks>The path of XXH3 for inputs of 4 to 8 bytes (Collet, xxHash 0.8): h = (x rotated by 32) ^ secret; h ^= rotl(h, 49) ^ rotl(h, 24); h *= p; h ^= (h >> 35) + 8; h *= p; h ^= h >> 28.</remarks>
internal static class XxHash3Lanes
{
    private const ulong Prime = 0x9FB21C651E98DF25;
    private const ulong Secret = 0x1CAD21F72C81017C ^ 0xDB979083E96DD4DE;
    private const ulong Length = sizeof(ulong);

    /// <summary>Hashes many values.</summary>
    /// <param name="values">Any bits.</param>
    /// <param name="hashes">As many.</param>
    internal static void Hash(ReadOnlySpan<ulong> values, Span<ulong> hashes)
    {
        var i = 0;
        for (; i + Vector512<ulong>.Count <= values.Length; i += Vector512<ulong>.Count)
        {
            var h = Vector512.Create(values.Slice(i, Vector512<ulong>.Count));
            h = Rotate(h, 32) ^ Vector512.Create(Secret);
            h ^= Rotate(h, 49) ^ Rotate(h, 24);
            h *= Vector512.Create(Prime);
            h ^= (h >>> 35) + Vector512.Create(Length);
            h *= Vector512.Create(Prime);
            (h ^ (h >>> 28)).CopyTo(hashes[i..]);
        }

        for (; i < values.Length; i++)
        {
            hashes[i] = Hash(values[i]);
        }
    }

    /// <summary>Hashes a value.</summary>
    /// <param name="value">Any bits.</param>
    internal static ulong Hash(ulong value)
    {
        var h = BitOperations.RotateLeft(value, 32) ^ Secret;
        h ^= BitOperations.RotateLeft(h, 49) ^ BitOperations.RotateLeft(h, 24);
        h *= Prime;
        h ^= (h >> 35) + Length;
        h *= Prime;
        return h ^ (h >> 28);
    }

    /// <summary>The scalar twin of <see cref="Hash(ReadOnlySpan{ulong}, Span{ulong})"/>: the library's hash.</summary>
    /// <param name="values">Any bits.</param>
    /// <param name="hashes">As many.</param>
    internal static void HashScalar(ReadOnlySpan<ulong> values, Span<ulong> hashes)
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        for (var i = 0; i < values.Length; i++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(bytes, values[i]);
            hashes[i] = XxHash3.HashToUInt64(bytes);
        }
    }

    private static Vector512<ulong> Rotate(Vector512<ulong> values, int bits) => (values << bits) | (values >>> (64 - bits));
}
