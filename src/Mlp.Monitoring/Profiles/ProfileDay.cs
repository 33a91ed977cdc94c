using System.Buffers.Binary;
using System.Text;
using Mlp.Runtime;
using Mlp.Runtime.Statistics.Profiles;
using Mlp.Runtime.Storage;

namespace Mlp.Monitoring.Profiles;

/// <summary>
/// The profile of a whole day, merged from the files of its panes, whose names it holds: whoever finds it leaves those out, so that one file that appears at once replaces many that are deleted after, and a crash in between counts nothing
/// twice. Layout: <c>MDAY</c>, format version, number of names, each name with its length (UTF-8), the profile, CRC-32C of all before it; little-endian.
/// </summary>
/// <param name="Replaced">Names of files of the same folder.</param>
/// <param name="Profile">Their rows.</param>
internal sealed record ProfileDay(IReadOnlyList<string> Replaced, DataProfile Profile)
{
    /// <summary>The version that is written, and the newest that is read.</summary>
    public const byte FormatVersion = 1;

    private const int HeaderLength = 9;

    private static ReadOnlySpan<byte> Magic => "MDAY"u8;

    /// <summary>The file's bytes.</summary>
    public byte[] ToBytes()
    {
        var bytes = new MemoryStream();
        Span<byte> number = stackalloc byte[sizeof(int)];
        bytes.Write(Magic);
        bytes.WriteByte(FormatVersion);
        BinaryPrimitives.WriteInt32LittleEndian(number, Replaced.Count);
        bytes.Write(number);
        foreach (var name in Replaced)
        {
            var utf8 = Encoding.UTF8.GetBytes(name);
            BinaryPrimitives.WriteInt32LittleEndian(number, utf8.Length);
            bytes.Write(number);
            bytes.Write(utf8);
        }

        bytes.Write(Profile.ToBytes());
        BinaryPrimitives.WriteUInt32LittleEndian(number, Crc32C.Compute(bytes.GetBuffer().AsSpan(0, (int)bytes.Length)));
        bytes.Write(number);
        return bytes.ToArray();
    }

    /// <summary>Reads a file's bytes.</summary>
    /// <param name="stored">The bytes, which nobody changes any more.</param>
    /// <param name="path">Its path, for messages.</param>
    /// <exception cref="CorruptFileException">It is damaged.</exception>
    /// <exception cref="UnsupportedFormatVersionException">A newer version of the platform wrote it.</exception>
    public static ProfileDay Parse(ReadOnlyMemory<byte> stored, string path)
    {
        var bytes = stored.Span;
        if (bytes.Length < HeaderLength || !bytes.StartsWith(Magic) || bytes[4] == 0)
        {
            throw new CorruptFileException(path, $"Expected the profile of a day in '{path}', which begins with 'MDAY' and a version, but found something else.");
        }

        if (bytes[4] > FormatVersion)
        {
            throw new UnsupportedFormatVersionException(path, bytes[4], FormatVersion);
        }

        if (bytes.Length < HeaderLength + sizeof(uint) || Crc32C.Compute(bytes[..^sizeof(uint)]) != BinaryPrimitives.ReadUInt32LittleEndian(bytes[^sizeof(uint)..]))
        {
            throw new CorruptFileException(path, $"Expected the profile of a day in '{path}' to have the checksum that it says, but found another: the file is damaged.");
        }

        // The checksum holds, so lengths are those that were written.
        var rest = bytes[HeaderLength..^sizeof(uint)];
        var names = new string[BinaryPrimitives.ReadInt32LittleEndian(bytes[5..])];
        for (var i = 0; i < names.Length; i++)
        {
            var length = BinaryPrimitives.ReadInt32LittleEndian(rest);
            names[i] = Encoding.UTF8.GetString(rest.Slice(sizeof(int), length));
            rest = rest[(sizeof(int) + length)..];
        }

        return new(names, DataProfile.Parse(stored[(stored.Length - sizeof(uint) - rest.Length)..^sizeof(uint)], path));
    }
}
