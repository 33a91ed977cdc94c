using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Mlp.Runtime.Models.Packages;

/// <summary>
/// The records of a zip archive without compression, always written the same way (PKWARE, APPNOTE.TXT 6.3.10, sections 4.3.7, 4.3.12, 4.3.14 to 4.3.16): no times, no comments, plain
/// files, sizes of 64 bits only where they are needed. What differs from it was not written by us.
/// </summary>
internal static class StoredZip
{
    /// <summary>Bytes of the fixed part of an entry's header.</summary>
    public const int HeaderLength = 30;

    /// <summary>Where the checksum stands in an entry's header.</summary>
    public const int ChecksumOffset = 14;

    /// <summary>What an entry's header begins with.</summary>
    public const uint HeaderSignature = 0x04034b50;

    private const uint DirectorySignature = 0x02014b50;
    private const uint EndSignature = 0x06054b50;
    private const uint End64Signature = 0x06064b50;
    private const uint Locator64Signature = 0x07064b50;
    private const ushort Version = 20;
    private const ushort Version64 = 45;
    private const ushort MadeOnUnix = 3 << 8;
    private const ushort Utf8Names = 1 << 11;

    /// <summary>1980-01-01, the first day that a zip knows.</summary>
    private const ushort FirstDay = 0x21;

    /// <summary>A regular file that everybody may read.</summary>
    private const uint RegularFile = 0x81A4u << 16;

    /// <summary>The header of an entry, which its content follows.</summary>
    /// <param name="entry">The entry.</param>
    public static byte[] Header(StoredZipEntry entry)
    {
        var is64 = entry.Length >= uint.MaxValue;
        var writer = new Writer();
        writer.UInt32(HeaderSignature);
        WriteCommon(writer, entry, is64, is64 ? 20 : 0);
        writer.Bytes(Encoding.UTF8.GetBytes(entry.Name));
        if (is64)
        {
            writer.UInt16(1);
            writer.UInt16(16);
            writer.UInt64((ulong)entry.Length);
            writer.UInt64((ulong)entry.Length);
        }

        return writer.ToArray();
    }

    /// <summary>Everything behind the last entry.</summary>
    /// <param name="entries">All entries.</param>
    /// <param name="offset">Where it begins.</param>
    public static byte[] Directory(IReadOnlyList<StoredZipEntry> entries, long offset)
    {
        var writer = new Writer();
        foreach (var entry in entries)
        {
            WriteDirectoryEntry(writer, entry);
        }

        var length = writer.Length;
        var is64 = offset >= uint.MaxValue;
        if (is64)
        {
            WriteEnd64(writer, entries.Count, offset, length);
        }

        writer.UInt32(EndSignature);
        writer.UInt32(0);
        writer.UInt16((ushort)entries.Count);
        writer.UInt16((ushort)entries.Count);
        writer.UInt32((uint)length);
        writer.UInt32(is64 ? uint.MaxValue : (uint)offset);
        writer.UInt16(0);
        return writer.ToArray();
    }

    private static void WriteDirectoryEntry(Writer writer, StoredZipEntry entry)
    {
        var isLong = entry.Length >= uint.MaxValue;
        var isFar = entry.Offset >= uint.MaxValue;
        var extra = (isLong ? 16 : 0) + (isFar ? 8 : 0);
        writer.UInt32(DirectorySignature);
        writer.UInt16((ushort)(MadeOnUnix | (isLong || isFar ? Version64 : Version)));
        WriteCommon(writer, entry, isLong || isFar, extra == 0 ? 0 : extra + 4);
        writer.UInt16(0);
        writer.UInt16(0);
        writer.UInt16(0);
        writer.UInt32(RegularFile);
        writer.UInt32(isFar ? uint.MaxValue : (uint)entry.Offset);
        writer.Bytes(Encoding.UTF8.GetBytes(entry.Name));
        if (extra == 0)
        {
            return;
        }

        writer.UInt16(1);
        writer.UInt16((ushort)extra);
        if (isLong)
        {
            writer.UInt64((ulong)entry.Length);
            writer.UInt64((ulong)entry.Length);
        }

        if (isFar)
        {
            writer.UInt64((ulong)entry.Offset);
        }
    }

    private static void WriteCommon(Writer writer, StoredZipEntry entry, bool is64, int extraLength)
    {
        var length = entry.Length >= uint.MaxValue ? uint.MaxValue : (uint)entry.Length;
        writer.UInt16(is64 ? Version64 : Version);
        writer.UInt16(Utf8Names);
        writer.UInt16(0);
        writer.UInt16(0);
        writer.UInt16(FirstDay);
        writer.UInt32(entry.Checksum);
        writer.UInt32(length);
        writer.UInt32(length);
        writer.UInt16((ushort)Encoding.UTF8.GetByteCount(entry.Name));
        writer.UInt16((ushort)extraLength);
    }

    private static void WriteEnd64(Writer writer, int count, long offset, int length)
    {
        var start = offset + length;
        writer.UInt32(End64Signature);
        writer.UInt64(44);
        writer.UInt16(MadeOnUnix | Version64);
        writer.UInt16(Version64);
        writer.UInt64(0);
        writer.UInt64((ulong)count);
        writer.UInt64((ulong)count);
        writer.UInt64((ulong)length);
        writer.UInt64((ulong)offset);
        writer.UInt32(Locator64Signature);
        writer.UInt32(0);
        writer.UInt64((ulong)start);
        writer.UInt32(1);
    }

    private sealed class Writer
    {
        private readonly ArrayBufferWriter<byte> _bytes = new();

        public int Length => _bytes.WrittenCount;

        public void Bytes(ReadOnlySpan<byte> bytes) => _bytes.Write(bytes);

        public void UInt16(ushort value)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(_bytes.GetSpan(sizeof(ushort)), value);
            _bytes.Advance(sizeof(ushort));
        }

        public void UInt32(uint value)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(_bytes.GetSpan(sizeof(uint)), value);
            _bytes.Advance(sizeof(uint));
        }

        public void UInt64(ulong value)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(_bytes.GetSpan(sizeof(ulong)), value);
            _bytes.Advance(sizeof(ulong));
        }

        public byte[] ToArray() => _bytes.WrittenSpan.ToArray();
    }
}
