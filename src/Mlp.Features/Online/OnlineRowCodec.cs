using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using Mlp.Features.Definitions;
using Mlp.Runtime.Data;

namespace Mlp.Features.Online;

/// <summary>Reads what every online row starts with. All lengths are checked: bytes of another layout are refused, not followed.</summary>
internal static class OnlineRowCodec
{
    /// <summary>The short id of the definition that a row was written by; 0 when it is too short to be a row.</summary>
    /// <param name="row">Row bytes.</param>
    internal static uint ReadDefinitionId(ReadOnlySpan<byte> row)
        => row.Length < OnlineRowLayout.HeaderLength ? 0 : BinaryPrimitives.ReadUInt32LittleEndian(row);

    /// <summary>Whether a row was written by a definition and has no flag set: a flag that is not known may mean anything.</summary>
    /// <param name="row">Row bytes, at least a header long.</param>
    /// <param name="definitionId">Short id of the definition.</param>
    internal static bool IsReadable(ReadOnlySpan<byte> row, uint definitionId) => BinaryPrimitives.ReadUInt64LittleEndian(row) == definitionId;

    /// <summary>The event time of a row.</summary>
    /// <param name="row">Row bytes, at least a header long.</param>
    internal static long ReadEventTime(ReadOnlySpan<byte> row)
        => BinaryPrimitives.ReadInt64LittleEndian(row[OnlineRowLayout.VersionOffset..]);

    /// <summary>The version of a row.</summary>
    /// <param name="row">Row bytes, at least a header long.</param>
    internal static RowVersion ReadVersion(ReadOnlySpan<byte> row)
    {
        var version = row.Slice(OnlineRowLayout.VersionOffset, 3 * sizeof(long));
        return new RowVersion(
            BinaryPrimitives.ReadInt64LittleEndian(version),
            BinaryPrimitives.ReadInt64LittleEndian(version[8..]),
            BinaryPrimitives.ReadInt64LittleEndian(version[16..]));
    }

    /// <summary>When a row may be seen: the later of its event time and its created time.</summary>
    /// <param name="version">Version of the row.</param>
    internal static long DueTime(in RowVersion version) => Math.Max(version.EventTime, version.CreatedTime);

    /// <summary>Whether a row takes the place of another: it was written by another definition, or <see cref="Visibility.Supersedes"/> says so.</summary>
    /// <param name="candidate">The row that asks to be kept.</param>
    /// <param name="current">The row that is kept now.</param>
    internal static bool Replaces(ReadOnlySpan<byte> candidate, ReadOnlySpan<byte> current)
        => ReadDefinitionId(candidate) != ReadDefinitionId(current) || Visibility.Supersedes(ReadVersion(candidate), ReadVersion(current));

    /// <summary>Writes a request to delete what is kept under a key (<see cref="Deletes"/>).</summary>
    /// <param name="throughSequence">Sequence of the last pushed row that it reaches.</param>
    /// <param name="destination">At least a header long.</param>
    internal static void WriteDeletion(long throughSequence, Span<byte> destination)
    {
        destination[..OnlineRowLayout.HeaderLength].Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(destination[sizeof(uint)..], OnlineRowLayout.DeletionFlag);
        BinaryPrimitives.WriteInt64LittleEndian(destination[(OnlineRowLayout.VersionOffset + (2 * sizeof(long)))..], throughSequence);
    }

    /// <summary>Whether the bytes are a request to delete and no row.</summary>
    /// <param name="row">Row bytes.</param>
    internal static bool IsDeletion(ReadOnlySpan<byte> row)
        => row.Length == OnlineRowLayout.HeaderLength && BinaryPrimitives.ReadUInt32LittleEndian(row[sizeof(uint)..]) == OnlineRowLayout.DeletionFlag;

    /// <summary>Whether a request to delete reaches a row: every row that came by an ingest (its sequence is even), and pushed ones up to the sequence of the request. Later pushes are new rows.</summary>
    /// <param name="throughSequence">Sequence of the request.</param>
    /// <param name="row">The row that is kept.</param>
    internal static bool Deletes(long throughSequence, ReadOnlySpan<byte> row)
        => ReadVersion(row).Sequence is var sequence && ((sequence & 1) == 0 || sequence <= throughSequence);

    /// <summary>Whether a field of a row is present.</summary>
    /// <param name="row">Row bytes with their fixed part.</param>
    /// <param name="field">Index of the field in the view.</param>
    internal static bool IsPresent(ReadOnlySpan<byte> row, int field)
        => (row[OnlineRowLayout.PresenceOffset + (field >> 3)] & (1 << (field & 7))) != 0;

    /// <summary>Whether the bytes are a whole row of a view: header, fixed part and text fields fit their length exactly.</summary>
    /// <param name="row">Row bytes.</param>
    /// <param name="view">The view.</param>
    internal static bool IsWhole(ReadOnlySpan<byte> row, OnlineView view)
    {
        if (row.Length < view.Layout.FixedLength || !IsReadable(row, view.DefinitionId))
        {
            return false;
        }

        var rest = row[view.Layout.FixedLength..];
        for (var i = 0; i < view.Layout.StringCount; i++)
        {
            if (!TryTakeString(ref rest, out _))
            {
                return false;
            }
        }

        return rest.IsEmpty;
    }

    /// <summary>Hands every field of a row to a writer, in order.</summary>
    /// <typeparam name="TWriter">The writer; a struct, so that calls are direct.</typeparam>
    /// <param name="row">A whole row of the view (<see cref="IsWhole"/>).</param>
    /// <param name="view">The view.</param>
    /// <param name="writer">Receives the fields.</param>
    internal static void WriteFields<TWriter>(ReadOnlySpan<byte> row, OnlineView view, ref TWriter writer)
        where TWriter : IFeatureFieldWriter, allows ref struct
    {
        var layout = view.Layout;
        var texts = row[layout.FixedLength..];
        for (var i = 0; i < layout.Fields.Count; i++)
        {
            var type = layout.Fields[i].Type;
            ReadOnlySpan<byte> text = [];
            if (type == FeatureType.String)
            {
                TryTakeString(ref texts, out text);
            }

            if (!IsPresent(row, i))
            {
                writer.WriteNull(i);
                continue;
            }

            switch (type)
            {
                case FeatureType.Float32 when layout.Fields[i].Length > 1:
                    writer.WriteVector(i, MemoryMarshal.Cast<byte, float>(row.Slice(layout.OffsetOf(i), layout.Fields[i].Length * sizeof(float))));
                    break;
                case FeatureType.Float32:
                    writer.WriteFloat32(i, BinaryPrimitives.ReadSingleLittleEndian(row[layout.OffsetOf(i)..]));
                    break;
                case FeatureType.Float64:
                    writer.WriteFloat64(i, BinaryPrimitives.ReadDoubleLittleEndian(row[layout.OffsetOf(i)..]));
                    break;
                case FeatureType.Int64:
                    writer.WriteInt64(i, BinaryPrimitives.ReadInt64LittleEndian(row[layout.OffsetOf(i)..]));
                    break;
                case FeatureType.Boolean:
                    writer.WriteBoolean(i, row[layout.OffsetOf(i)] != 0);
                    break;
                default:
                    writer.WriteString(i, Encoding.UTF8.GetString(text));
                    break;
            }
        }
    }

    /// <summary>Takes the next text field.</summary>
    /// <param name="rest">What is left of the row.</param>
    /// <param name="utf8">The UTF-8 bytes.</param>
    /// <returns>False when the bytes do not hold one.</returns>
    internal static bool TryTakeString(scoped ref ReadOnlySpan<byte> rest, out ReadOnlySpan<byte> utf8)
    {
        utf8 = default;
        if (rest.Length < sizeof(int))
        {
            return false;
        }

        var length = BinaryPrimitives.ReadInt32LittleEndian(rest);
        if (length < 0 || length > rest.Length - sizeof(int))
        {
            return false;
        }

        utf8 = rest.Slice(sizeof(int), length);
        rest = rest[(sizeof(int) + length)..];
        return true;
    }
}
