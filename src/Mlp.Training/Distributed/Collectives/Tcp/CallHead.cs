using System.Buffers.Binary;
using System.IO.Hashing;
using System.Runtime.InteropServices;
using System.Text;

namespace Mlp.Training.Distributed.Collectives.Tcp;

/// <summary>
/// What goes ahead of a rank's values in each call, to each other rank: magic <c>MLPD</c>, kind, type, operation, root, number, length, and hashes of the parts' lengths and of the name. Equal calls have equal heads.
/// </summary>
internal static class CallHead
{
    /// <summary>Bytes of a head.</summary>
    public const int Bytes = PeerLink.HeadBytes;

    private const uint Magic = 0x44504C4D;
    private const int Checked = Bytes - sizeof(ulong);

    /// <summary>Writes the head of a call.</summary>
    public static void Write(in CollectiveCall call, Span<byte> head)
    {
        head.Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(head, Magic);
        head[4] = (byte)call.Kind;
        head[5] = (byte)call.Element;
        head[6] = (byte)call.Operation;
        head[7] = call.Counts is null ? (byte)0 : (byte)1;
        BinaryPrimitives.WriteInt32LittleEndian(head[8..], call.Root);
        BinaryPrimitives.WriteInt64LittleEndian(head[16..], call.Sequence);
        BinaryPrimitives.WriteInt64LittleEndian(head[24..], call.Length);
        BinaryPrimitives.WriteUInt64LittleEndian(head[32..], call.Counts is { } counts ? XxHash3.HashToUInt64(MemoryMarshal.AsBytes(counts.AsSpan())) : 0);
        BinaryPrimitives.WriteUInt64LittleEndian(head[40..], HashName(call.Tensor));
        BinaryPrimitives.WriteUInt64LittleEndian(head[Checked..], XxHash3.HashToUInt64(head[..Checked]));
    }

    /// <summary>Whether bytes are a head at all.</summary>
    public static bool IsValid(ReadOnlySpan<byte> head)
        => BinaryPrimitives.ReadUInt32LittleEndian(head) == Magic && BinaryPrimitives.ReadUInt64LittleEndian(head[Checked..]) == XxHash3.HashToUInt64(head[..Checked]);

    /// <summary>The number of the call.</summary>
    public static long Sequence(ReadOnlySpan<byte> head) => BinaryPrimitives.ReadInt64LittleEndian(head[16..]);

    /// <summary>The kind of the call.</summary>
    public static CollectiveKind Kind(ReadOnlySpan<byte> head) => (CollectiveKind)head[4];

    private static ulong HashName(string? name)
    {
        if (name is null)
        {
            return 0;
        }

        Span<byte> utf8 = stackalloc byte[512];
        return Encoding.UTF8.TryGetBytes(name, utf8, out var count)
            ? XxHash3.HashToUInt64(utf8[..count], 1)
            : XxHash3.HashToUInt64(Encoding.UTF8.GetBytes(name), 1);
    }
}
