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
/// The checksum is CRC-32C over all before it.
/// </summary>
internal static class CheckpointFile
{
    /// <summary>The newest format version that is read.</summary>
    public const ushort Version = 1;

    private const int PreambleLength = 12;
    private const int ChecksumLength = 4;

    private static ReadOnlySpan<byte> Magic => "MLPNET"u8;

    /// <summary>Writes.</summary>
    public static byte[] Write(NetworkCheckpoint checkpoint)
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
        var file = new byte[checked((int)(PreambleLength + header.Length + checkpoint.Tensors.Sum(t => (long)t.Value.Length) + ChecksumLength))];
        Magic.CopyTo(file);
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(6), Version);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(8), header.Length);
        header.CopyTo(file, PreambleLength);
        var offset = PreambleLength + header.Length;
        foreach (var (_, bytes) in checkpoint.Tensors)
        {
            bytes.Span.CopyTo(file.AsSpan(offset));
            offset += bytes.Length;
        }

        BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(offset), Crc32C.Compute(file.AsSpan(0, offset)));
        return file;
    }

    /// <summary>Reads.</summary>
    /// <param name="file">All bytes of the file.</param>
    /// <param name="path">Path of the file, for messages.</param>
    /// <exception cref="CorruptFileException">It is no checkpoint, or is damaged.</exception>
    /// <exception cref="UnsupportedFormatVersionException">A newer version of the platform wrote it.</exception>
    public static NetworkCheckpoint Read(ReadOnlyMemory<byte> file, string path)
    {
        var bytes = file.Span;
        if (bytes.Length < PreambleLength || !bytes.StartsWith(Magic))
        {
            throw new CorruptFileException(path, $"Expected a checkpoint of a network in '{path}', but the file does not begin like one.", 0);
        }

        var version = BinaryPrimitives.ReadUInt16LittleEndian(bytes[6..]);
        if (version > Version)
        {
            throw new UnsupportedFormatVersionException(path, version, Version);
        }

        if (bytes.Length < PreambleLength + ChecksumLength
            || BinaryPrimitives.ReadUInt32LittleEndian(bytes[^ChecksumLength..]) != Crc32C.Compute(bytes[..^ChecksumLength]))
        {
            throw new CorruptFileException(path, $"Expected a whole checkpoint in '{path}', but its checksum does not fit: it was cut short or changed.");
        }

        var header = ReadHeader(bytes[PreambleLength..^ChecksumLength], BinaryPrimitives.ReadInt32LittleEndian(bytes[8..]), path);
        var tensors = new Dictionary<string, ReadOnlyMemory<byte>>(StringComparer.Ordinal);
        var offset = PreambleLength + BinaryPrimitives.ReadInt32LittleEndian(bytes[8..]);
        foreach (var tensor in header.Tensors)
        {
            if (tensor.Length < 0 || tensor.Length > file.Length - ChecksumLength - offset)
            {
                throw new CorruptFileException(path, $"Expected {tensor.Length} bytes of '{tensor.Name}' in '{path}', but the file ends before.", offset);
            }

            tensors[tensor.Name] = file.Slice(offset, tensor.Length);
            offset += tensor.Length;
        }

        return new(header.Identity, header.Position, header.Metric, tensors);
    }

    private static CheckpointHeader ReadHeader(ReadOnlySpan<byte> bytes, int length, string path)
    {
        if (length < 0 || length > bytes.Length)
        {
            throw new CorruptFileException(path, $"Expected a header of {length} bytes in '{path}', but the file ends before.", PreambleLength);
        }

        try
        {
            return JsonSerializer.Deserialize(bytes[..length], CheckpointJson.Default.CheckpointHeader)!;
        }
        catch (JsonException e)
        {
            throw new CorruptFileException(path, $"Expected the header of a checkpoint in '{path}', but it cannot be read: {e.Message}", PreambleLength, e);
        }
    }
}
