using System.Buffers.Binary;
using System.Text.Json;
using Mlp.Runtime;
using Mlp.Runtime.Storage;

namespace Mlp.Training.Networks.Checkpoints;

/// <summary>
/// A checkpoint as bytes, all little-endian:
/// <code>
/// file = magic "MLPNET" (6 bytes), format version (u16), length of the header (i32), header (JSON), bytes of the tensors in the header's order, checksum (u32)
/// </code>
/// The checksum is CRC-32C over all before it. A tensor has less than 2 GiB, a file may have more.
/// </summary>
internal static class CheckpointFile
{
    /// <summary>The newest format version that is read.</summary>
    public const ushort Version = 1;

    private const int PreambleLength = 12;
    private const int ChecksumLength = 4;
    private const int PieceLength = 1 << 20;

    private static ReadOnlySpan<byte> Magic => "MLPNET"u8;

    /// <summary>Writes.</summary>
    /// <param name="file">Receives the bytes.</param>
    /// <param name="checkpoint">What to write.</param>
    public static void Write(Stream file, NetworkCheckpoint checkpoint)
    {
        var header = JsonSerializer.SerializeToUtf8Bytes(
            new CheckpointHeader
            {
                Identity = checkpoint.Identity,
                Position = checkpoint.Position,
                Metric = checkpoint.Metric,
                Tensors = [.. checkpoint.Tensors.Select(t => new CheckpointTensor(t.Key, t.Value.Length))],
            },
            CheckpointJson.Default.CheckpointHeader);
        Span<byte> preamble = stackalloc byte[PreambleLength];
        Magic.CopyTo(preamble);
        BinaryPrimitives.WriteUInt16LittleEndian(preamble[6..], Version);
        BinaryPrimitives.WriteInt32LittleEndian(preamble[8..], header.Length);
        var checksum = 0u;
        Add(preamble);
        Add(header);
        foreach (var (_, bytes) in checkpoint.Tensors)
        {
            Add(bytes.Span);
        }

        Span<byte> end = stackalloc byte[ChecksumLength];
        BinaryPrimitives.WriteUInt32LittleEndian(end, checksum);
        file.Write(end);

        void Add(ReadOnlySpan<byte> bytes)
        {
            checksum = Crc32C.Append(checksum, bytes);
            file.Write(bytes);
        }
    }

    /// <summary>Reads.</summary>
    /// <param name="file">The file from its beginning; it can seek.</param>
    /// <param name="path">Path of the file, for messages.</param>
    /// <param name="withTensors">Whether tensors are kept; they are checked in any case.</param>
    /// <exception cref="CorruptFileException">It is no checkpoint, or is damaged.</exception>
    /// <exception cref="UnsupportedFormatVersionException">A newer version of the platform wrote it.</exception>
    public static NetworkCheckpoint Read(Stream file, string path, bool withTensors = true)
    {
        Span<byte> preamble = stackalloc byte[PreambleLength];
        if (file.ReadAtLeast(preamble, PreambleLength, throwOnEndOfStream: false) < PreambleLength || !preamble.StartsWith(Magic))
        {
            throw new CorruptFileException(path, $"Expected a checkpoint of a network in '{path}', but the file does not begin like one.", 0);
        }

        var version = BinaryPrimitives.ReadUInt16LittleEndian(preamble[6..]);
        if (version > Version)
        {
            throw new UnsupportedFormatVersionException(path, version, Version);
        }

        // The header says how long the tensors are, so it is trusted only when the checksum fits.
        var headerLength = BinaryPrimitives.ReadInt32LittleEndian(preamble[8..]);
        RequireChecksum(file, path);
        file.Position = PreambleLength;
        var header = ReadHeader(file, headerLength, path);
        var tensors = new Dictionary<string, ReadOnlyMemory<byte>>(StringComparer.Ordinal);
        foreach (var tensor in header.Tensors)
        {
            if (tensor.Length < 0 || tensor.Length > file.Length - ChecksumLength - file.Position)
            {
                throw new CorruptFileException(path, $"Expected {tensor.Length} bytes of '{tensor.Name}' in '{path}', but the file ends before.", file.Position);
            }

            tensors[tensor.Name] = withTensors ? ReadBytes(file, tensor.Length) : default;
            file.Position += withTensors ? 0 : tensor.Length;
        }

        return new(header.Identity, header.Position, header.Metric, tensors);
    }

    private static void RequireChecksum(Stream file, string path)
    {
        var rest = file.Length - ChecksumLength;
        file.Position = 0;
        var piece = new byte[PieceLength];
        var checksum = 0u;
        while (rest > 0)
        {
            var count = file.Read(piece, 0, (int)Math.Min(rest, piece.Length));
            if (count == 0)
            {
                break;
            }

            checksum = Crc32C.Append(checksum, piece.AsSpan(0, count));
            rest -= count;
        }

        Span<byte> end = stackalloc byte[ChecksumLength];
        if (rest != 0 || file.ReadAtLeast(end, ChecksumLength, throwOnEndOfStream: false) < ChecksumLength || BinaryPrimitives.ReadUInt32LittleEndian(end) != checksum)
        {
            throw new CorruptFileException(path, $"Expected a whole checkpoint in '{path}', but its checksum does not fit: it was cut short or changed.");
        }
    }

    private static CheckpointHeader ReadHeader(Stream file, int length, string path)
    {
        if (length < 0 || length > file.Length - PreambleLength - ChecksumLength)
        {
            throw new CorruptFileException(path, $"Expected a header of {length} bytes in '{path}', but the file ends before.", PreambleLength);
        }

        try
        {
            return JsonSerializer.Deserialize(ReadBytes(file, length), CheckpointJson.Default.CheckpointHeader)!;
        }
        catch (JsonException e)
        {
            throw new CorruptFileException(path, $"Expected the header of a checkpoint in '{path}', but it cannot be read: {e.Message}", PreambleLength, e);
        }
    }

    private static byte[] ReadBytes(Stream file, int length)
    {
        var bytes = new byte[length];
        file.ReadExactly(bytes);
        return bytes;
    }
}
