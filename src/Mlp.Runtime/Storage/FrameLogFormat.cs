using System.Buffers.Binary;

namespace Mlp.Runtime.Storage;

/// <summary>
/// The bytes of a framed log, all little-endian:
/// <code>
/// file   = magic "MLPLOG" (6 bytes), format version (u16), header frame, frame*
/// frame  = length and flags (u32), checksum (u32), own offset in the file (u64), payload, zeros up to a multiple of 8
/// </code>
/// The checksum is CRC-32C over length and flags, offset and payload. The offset makes a frame recognisable at any place, which lets
/// a reader look for frames behind a broken one in one pass, and refuses old blocks that turn up in a new file.
/// </summary>
/// <remarks>
/// A frame with <see cref="BatchStart"/> was written only after everything before it had been flushed to the device. So a broken frame
/// in front of one is damage, while a broken frame with none behind it may be what a power loss made of the last, unflushed write.
/// A frame with <see cref="Closed"/> has no payload and is written when a log is closed in order.
/// </remarks>
internal static class FrameLogFormat
{
    /// <summary>The newest format version that is read.</summary>
    internal const ushort Version = 1;

    /// <summary>Length of magic and format version, in bytes.</summary>
    internal const int PreambleLength = 8;

    /// <summary>Length of what stands before a payload, in bytes.</summary>
    internal const int FrameHeaderLength = 16;

    /// <summary>Every frame starts at a multiple of this many bytes.</summary>
    internal const int Alignment = 8;

    /// <summary>The longest payload, in bytes.</summary>
    internal const int MaxPayloadLength = (1 << 29) - 1;

    /// <summary>Flag: everything before this frame was on the device when it was written.</summary>
    internal const uint BatchStart = 1u << 31;

    /// <summary>Flag: the log was closed here; no payload.</summary>
    internal const uint Closed = 1u << 30;

    private const uint LengthMask = (uint)MaxPayloadLength;

    /// <summary>The first six bytes of every framed log.</summary>
    internal static ReadOnlySpan<byte> Magic => "MLPLOG"u8;

    /// <summary>What a payload takes in the file: frame header, payload, padding.</summary>
    /// <param name="payloadLength">Length of the payload in bytes.</param>
    internal static int FrameLength(int payloadLength) => (FrameHeaderLength + payloadLength + Alignment - 1) & -Alignment;

    /// <summary>Writes magic and version.</summary>
    /// <param name="destination">At least <see cref="PreambleLength"/> bytes.</param>
    internal static void WritePreamble(Span<byte> destination)
    {
        Magic.CopyTo(destination);
        BinaryPrimitives.WriteUInt16LittleEndian(destination[Magic.Length..], Version);
    }

    /// <summary>Completes a frame whose payload is in place: writes its header and its padding.</summary>
    /// <param name="frame">The whole frame; the payload stands behind the frame header.</param>
    /// <param name="payloadLength">Length of the payload in bytes.</param>
    /// <param name="flags">Flags of the frame.</param>
    /// <param name="offset">Where the frame will stand in the file.</param>
    internal static void SealFrame(Span<byte> frame, int payloadLength, uint flags, long offset)
    {
        frame[(FrameHeaderLength + payloadLength)..].Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(frame, (uint)payloadLength | flags);
        BinaryPrimitives.WriteInt64LittleEndian(frame[8..], offset);
        BinaryPrimitives.WriteUInt32LittleEndian(frame[4..], Checksum(frame, payloadLength));
    }

    /// <summary>Reads a frame header.</summary>
    /// <param name="header">At least <see cref="FrameHeaderLength"/> bytes.</param>
    internal static FrameHeader ReadHeader(ReadOnlySpan<byte> header)
    {
        var lengthAndFlags = BinaryPrimitives.ReadUInt32LittleEndian(header);
        return new FrameHeader(
            (int)(lengthAndFlags & LengthMask),
            lengthAndFlags & ~LengthMask,
            BinaryPrimitives.ReadUInt32LittleEndian(header[4..]),
            BinaryPrimitives.ReadInt64LittleEndian(header[8..]));
    }

    /// <summary>The checksum that a frame should carry.</summary>
    /// <param name="frame">The frame with its header.</param>
    /// <param name="payloadLength">Length of the payload in bytes.</param>
    internal static uint Checksum(ReadOnlySpan<byte> frame, int payloadLength) =>
        Crc32C.Append(Crc32C.Compute(frame[..4]), frame.Slice(8, 8 + payloadLength));
}
