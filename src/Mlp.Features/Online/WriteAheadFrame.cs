using System.Buffers;
using System.Buffers.Binary;
using Mlp.Features.Offline;
using Mlp.Runtime.Data;

namespace Mlp.Features.Online;

/// <summary>
/// The payload of a frame of the write-ahead log, little-endian. Rows:
/// <code>
/// rows = kind 1 (u8), targets (u8), 0 (u16), view id (u32), row count (u32), row*
/// row  = key length (u32; highest bit: a part of the key is null), row length (u32), key (view id and canonical entity key), row (OnlineRowLayout)
/// </code>
/// A deletion of an entity, first in a segment of format 2: kind 3 (u8), 0 (u8), 0 (u16), view id (u32), 0 (u32), sequence of the last pushed row that it reaches (i64), canonical key without a
/// view id, in which a null part stands for any value.
/// A mark of how far a view has been materialised: kind 2 (u8), whether later rows were left out (u8), 0 (u16), view id (u32), commit (i64), as-of time (i64).
/// Times are microseconds since the Unix epoch. Where 0 stands there is room: a reader refuses anything else there, as it refuses a kind or a target that it does not know.
/// </summary>
internal static class WriteAheadFrame
{
    /// <summary>A frame of rows.</summary>
    internal const byte Rows = 1;

    /// <summary>A mark of how far a view has been materialised.</summary>
    internal const byte Materialized = 2;

    /// <summary>A deletion of an entity.</summary>
    internal const byte Deletion = 3;

    /// <summary>Length of what stands before the rows.</summary>
    internal const int HeaderLength = 12;

    private const int MarkLength = 8 + (2 * sizeof(long));
    private const int RowHeaderLength = 2 * sizeof(uint);
    private const uint NullKey = 1u << 31;

    /// <summary>Starts a frame of rows.</summary>
    /// <param name="writer">The frame.</param>
    /// <param name="viewId">Number of the view.</param>
    /// <param name="targets">Where the rows go.</param>
    internal static void Begin(ArrayBufferWriter<byte> writer, uint viewId, PushTargets targets)
    {
        writer.ResetWrittenCount();
        var header = writer.GetSpan(HeaderLength)[..HeaderLength];
        header.Clear();
        header[0] = Rows;
        header[1] = (byte)targets;
        BinaryPrimitives.WriteUInt32LittleEndian(header[4..], viewId);
        writer.Advance(HeaderLength);
    }

    /// <summary>Adds a row; the count in the header is set by <see cref="SetCount"/>.</summary>
    /// <param name="writer">The frame.</param>
    /// <param name="key">View id and canonical entity key.</param>
    /// <param name="hasNullKey">Whether a part of the key is null.</param>
    /// <param name="row">Row bytes.</param>
    internal static void Add(ArrayBufferWriter<byte> writer, ReadOnlySpan<byte> key, bool hasNullKey, ReadOnlySpan<byte> row)
    {
        var length = RowHeaderLength + key.Length + row.Length;
        var span = writer.GetSpan(length);
        BinaryPrimitives.WriteUInt32LittleEndian(span, (uint)key.Length | (hasNullKey ? NullKey : 0));
        BinaryPrimitives.WriteUInt32LittleEndian(span[4..], (uint)row.Length);
        key.CopyTo(span[RowHeaderLength..]);
        row.CopyTo(span[(RowHeaderLength + key.Length)..]);
        writer.Advance(length);
    }

    /// <summary>Sets the number of rows.</summary>
    /// <param name="frame">The frame.</param>
    /// <param name="count">Number of rows.</param>
    internal static void SetCount(Span<byte> frame, int count) => BinaryPrimitives.WriteInt32LittleEndian(frame[8..], count);

    /// <summary>The kind of a frame; 0 when it is none that is known, or has something where there is only room yet.</summary>
    /// <param name="frame">The payload.</param>
    internal static byte KindOf(ReadOnlySpan<byte> frame)
    {
        if (frame.Length < HeaderLength || BinaryPrimitives.ReadUInt16LittleEndian(frame[2..]) != 0)
        {
            return 0;
        }

        var isKnown = frame[0] switch
        {
            Rows => frame[1] <= (byte)(PushTargets.Online | PushTargets.Offline),
            Materialized => frame[1] <= 1 && frame.Length == MarkLength,
            Deletion => frame[1] == 0 && BinaryPrimitives.ReadUInt32LittleEndian(frame[8..]) == 0 && frame.Length > HeaderLength + sizeof(long),
            _ => false,
        };
        return isKnown ? frame[0] : (byte)0;
    }

    /// <summary>Where the rows of a frame go.</summary>
    /// <param name="frame">The payload.</param>
    internal static PushTargets TargetsOf(ReadOnlySpan<byte> frame) => (PushTargets)frame[1];

    /// <summary>Number of the view.</summary>
    /// <param name="frame">The payload.</param>
    internal static uint ViewIdOf(ReadOnlySpan<byte> frame) => BinaryPrimitives.ReadUInt32LittleEndian(frame[4..]);

    /// <summary>Puts the rows of a frame under another number of their view.</summary>
    /// <param name="frame">The payload.</param>
    /// <param name="viewId">The number.</param>
    internal static void SetViewId(Span<byte> frame, uint viewId)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(frame[4..], viewId);
        var position = HeaderLength;
        while (TryRead(frame, ref position, out var key, out _, out var row))
        {
            BinaryPrimitives.WriteUInt32LittleEndian(frame[(row.Start.Value - key.Length)..], viewId);
        }
    }

    /// <summary>Number of rows.</summary>
    /// <param name="frame">The payload.</param>
    internal static int CountOf(ReadOnlySpan<byte> frame) => BinaryPrimitives.ReadInt32LittleEndian(frame[8..]);

    /// <summary>Takes the next row.</summary>
    /// <param name="frame">The payload.</param>
    /// <param name="position">Where the row starts, at first <see cref="HeaderLength"/>; moved behind it.</param>
    /// <param name="key">View id and canonical entity key.</param>
    /// <param name="hasNullKey">Whether a part of the key is null.</param>
    /// <param name="row">Where the row's bytes lie in the frame.</param>
    /// <returns>False at the end of the frame.</returns>
    internal static bool TryRead(ReadOnlySpan<byte> frame, ref int position, out ReadOnlySpan<byte> key, out bool hasNullKey, out Range row)
    {
        key = default;
        (hasNullKey, row) = (false, default);
        if (position + RowHeaderLength > frame.Length)
        {
            return false;
        }

        var keyLength = BinaryPrimitives.ReadUInt32LittleEndian(frame[position..]);
        var rowLength = BinaryPrimitives.ReadInt32LittleEndian(frame[(position + 4)..]);
        hasNullKey = (keyLength & NullKey) != 0;
        var start = position + RowHeaderLength;
        var middle = start + (int)(keyLength & ~NullKey);
        key = frame[start..middle];
        row = middle..(middle + rowLength);
        position = middle + rowLength;
        return true;
    }

    /// <summary>Gives the rows of a frame their sequence numbers, in order and in steps of two.</summary>
    /// <param name="frame">The payload.</param>
    /// <param name="first">The first number.</param>
    internal static void SetSequences(Span<byte> frame, long first)
    {
        var position = HeaderLength;
        while (TryRead(frame, ref position, out _, out _, out var row))
        {
            BinaryPrimitives.WriteInt64LittleEndian(frame[row][(OnlineRowLayout.VersionOffset + (2 * sizeof(long)))..], first);
            first += IngestSequences.Step;
        }
    }

    /// <summary>Makes a deletion.</summary>
    /// <param name="viewId">Number of the view.</param>
    /// <param name="throughSequence">Sequence of the last pushed row that it reaches.</param>
    /// <param name="key">Key parts; null stands for any value.</param>
    internal static byte[] CreateDeletion(uint viewId, long throughSequence, ReadOnlySpan<EntityValue> key)
    {
        var encoded = new byte[EntityKeyEncoding.GetMaximumLength(key)];
        var length = EntityKeyEncoding.Encode(key, encoded);
        var frame = new byte[HeaderLength + sizeof(long) + length];
        frame[0] = Deletion;
        BinaryPrimitives.WriteUInt32LittleEndian(frame.AsSpan(4), viewId);
        BinaryPrimitives.WriteInt64LittleEndian(frame.AsSpan(HeaderLength), throughSequence);
        encoded.AsSpan(0, length).CopyTo(frame.AsSpan(HeaderLength + sizeof(long)));
        return frame;
    }

    /// <summary>Reads a deletion.</summary>
    /// <param name="frame">The payload.</param>
    internal static (long ThroughSequence, EntityValue[] Key) ReadDeletion(ReadOnlySpan<byte> frame)
        => (BinaryPrimitives.ReadInt64LittleEndian(frame[HeaderLength..]), EntityKeyEncoding.Decode(frame[(HeaderLength + sizeof(long))..]));

    /// <summary>Makes a mark of how far a view has been materialised.</summary>
    /// <param name="viewId">Number of the view.</param>
    /// <param name="mark">How far.</param>
    internal static byte[] CreateMark(uint viewId, MaterializationMark mark)
    {
        var frame = new byte[MarkLength];
        frame[0] = Materialized;
        frame[1] = mark.HasLaterRows ? (byte)1 : (byte)0;
        BinaryPrimitives.WriteUInt32LittleEndian(frame.AsSpan(4), viewId);
        BinaryPrimitives.WriteInt64LittleEndian(frame.AsSpan(8), mark.Commit);
        BinaryPrimitives.WriteInt64LittleEndian(frame.AsSpan(16), mark.AsOf);
        return frame;
    }

    /// <summary>Reads a mark.</summary>
    /// <param name="frame">The payload.</param>
    internal static MaterializationMark ReadMark(ReadOnlySpan<byte> frame)
        => new(BinaryPrimitives.ReadInt64LittleEndian(frame[8..]), BinaryPrimitives.ReadInt64LittleEndian(frame[16..]), frame[1] != 0);
}
